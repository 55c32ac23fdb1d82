/**
 * Consumer throughput by the format of the records: layouts of the same record (part `layouts`), columns of many types (`types`), and
 * large values in a jsonb column (`json`).
 *
 * @module
 */
import { createRandom } from "../../shared/generate/random.ts";
import { type ConsumerRun, measureConsumer } from "./consumer_run.ts";
import { type CopyRun, measureCopyBaselines } from "./copy_baselines.ts";
import { fill, type FilledTopic, fillValues } from "./fill.ts";
import { createDocument, createOrder, type CreateValue, LAYOUTS } from "./format_values.ts";
import { type Bench, deleteTopics } from "./servers.ts";

/** Runs with records of one format. */
export interface FormatRuns {
  readonly part: "layouts" | "types" | "json";
  readonly name: string;
  /** In chronological order; each long run follows a short one. */
  readonly short: readonly ConsumerRun[];
  readonly long: readonly ConsumerRun[];
  /** Binary COPY of the same rows. */
  readonly copy?: CopyRun;
}

interface Format {
  readonly name: string;
  readonly stream: string;
  readonly table: string;
  readonly create: CreateValue;
}

const LAYOUT_FORMATS: readonly Format[] = Object.entries(LAYOUTS).map(([name, create]) => ({
  name,
  stream: "routes",
  table: "routes_table",
  create,
}));
const ORDERS: Format = { name: "orders, 250 bytes", stream: "orders", table: "orders", create: createOrder };
const DOCUMENTS: Format = {
  name: "orders with 10 kB of jsonb",
  stream: "orders",
  table: "orders",
  create: createDocument,
};

/** Records of a short run relative to those of a long run. */
const SHORT_RUN_RATIO = 0.1;
/** Records of 10 kB relative to those of other formats. */
const DOCUMENT_RATIO = 0.05;

export interface FormatOptions {
  readonly records: number;
  readonly partitions: number;
  readonly runs: number;
}

/** Measures the formats of a part, in turn. */
export async function measureFormats(
  bench: Bench,
  part: FormatRuns["part"],
  options: FormatOptions,
): Promise<FormatRuns[]> {
  switch (part) {
    case "layouts":
      return await measurePart(bench, part, LAYOUT_FORMATS, options);
    case "types":
      return await measurePart(bench, part, [ORDERS], options);
    case "json":
      return await measurePart(bench, part, [DOCUMENTS], {
        ...options,
        records: Math.ceil(options.records * DOCUMENT_RATIO),
      });
  }
}

async function measurePart(
  bench: Bench,
  part: FormatRuns["part"],
  formats: readonly Format[],
  { records, partitions, runs }: FormatOptions,
): Promise<FormatRuns[]> {
  const fillFormat = (format: Format, count: number) => {
    const random = createRandom("bench", format.name);
    return fillValues(bench, { ...format, partitions, records: count, create: () => format.create(random) });
  };
  // The producer waits until the broker has loaded its coordinators.
  await deleteTopics(bench, [(await fill(bench, { records: 1, partitions })).topic]);
  const cases = [];
  for (const format of formats) {
    const topics: readonly [FilledTopic, FilledTopic] = [
      await fillFormat(format, Math.ceil(records * SHORT_RUN_RATIO)),
      await fillFormat(format, records),
    ];
    cases.push({ format, topics, short: [] as ConsumerRun[], long: [] as ConsumerRun[] });
  }
  bench.log("warm-up");
  await measureConsumer(bench, cases[0]!.topics[0]);
  for (let round = 1; round <= runs; round++) {
    for (const { format, topics, short, long } of cases) {
      bench.log(`${part}: ${format.name}, round ${round} of ${runs}`);
      short.push(await measureConsumer(bench, topics[0]));
      long.push(await measureConsumer(bench, topics[1]));
    }
  }
  // The rows of the last run are in the table.
  const { format: { table } } = cases.at(-1)!;
  bench.log(`baseline: PostgreSQL's COPY of the same rows of ${table}`);
  const copy = (await measureCopyBaselines(bench, runs, table))?.binary;
  await deleteTopics(bench, cases.flatMap(({ topics }) => topics.map(({ topic }) => topic)));
  return cases.map(({ format: { name }, short, long }) => ({ part, name, short, long, ...copy && { copy } }));
}
