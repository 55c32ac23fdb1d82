/**
 * Flags of `deno task bench`.
 *
 * @module
 */
import { parseArgs } from "node:util";

/** Parts of the benchmark. */
export const PARTS = ["sink", "producer", "latency", "growth", "upsert", "layouts", "types", "json"] as const;
export type Part = (typeof PARTS)[number];

export interface Options {
  readonly help: boolean;
  readonly records: number;
  readonly partitions: number;
  readonly runs: number;
  readonly parts: readonly Part[];
  /** Records per second. Latency is measured at each rate. */
  readonly rates: readonly number[];
  /** Duration of the measurement at each rate. */
  readonly seconds: number;
  /** Numbers of rows already in the table, for the part `growth`. */
  readonly rowsBefore: readonly number[];
  readonly json: string;
  readonly report: string | undefined;
}

export const HELP = `deno task bench [flags]

Measures the pipeline on this machine, and compares each result with a baseline measured in the same run. Starts embedded
servers (containers if INTEGRATION_SERVERS=containers), or uses external servers if KAFKA_BOOTSTRAP_SERVERS, PGHOST or
DATABASE_URL is set. Removes all topics and databases that it creates.

  --records N         Records that the consumer stores and the producer sends (default 1000000)
  --partitions N      Partitions of a topic (6)
  --runs N            Runs of all parts except latency, of which the median is reported; of a baseline, the fastest (3)
  --parts LIST        Parts to measure (sink,producer,latency):
                      sink      consumer throughput
                      producer  producer throughput
                      latency   end-to-end latency
                      growth    consumer throughput by workload
                      upsert    upserts, compared with psql
                      layouts   consumer throughput by serialization of the records, with targets
                      types     consumer throughput of the stream orders, with targets
                      json      consumer throughput of 10 kB of jsonb, with targets
  --rates LIST        Records per second, for latency (100,1000,10000,50000)
  --seconds N         Duration of the measurement at each rate (30)
  --rows-before LIST  Numbers of rows already in the table, for growth (0,10000000,50000000)
  --json FILE         File for the results (artifacts/bench.json)
  --report[=FILE]     Also write a page with charts (artifacts/bench.html)
`;

/** @throws {Error} that names the invalid flag */
export function readOptions(args: readonly string[]): Options {
  const withReportFile = args.map((arg) => arg === "--report" ? "--report=artifacts/bench.html" : arg);
  const { values } = parseArgs({
    args: withReportFile,
    options: {
      help: { type: "boolean", default: false },
      records: { type: "string", default: "1000000" },
      partitions: { type: "string", default: "6" },
      runs: { type: "string", default: "3" },
      parts: { type: "string", default: "sink,producer,latency" },
      rates: { type: "string", default: "100,1000,10000,50000" },
      seconds: { type: "string", default: "30" },
      "rows-before": { type: "string", default: "0,10000000,50000000" },
      json: { type: "string", default: "artifacts/bench.json" },
      report: { type: "string" },
    },
  });
  const parts = values.parts.split(",");
  const unknown = parts.find((part) => !(PARTS as readonly string[]).includes(part));
  if (unknown !== undefined) throw new Error(`--parts: "${unknown}" is not one of ${PARTS.join(", ")}.`);
  return {
    help: values.help,
    records: integer("records", values.records, 1),
    partitions: integer("partitions", values.partitions, 1),
    runs: integer("runs", values.runs, 1),
    parts: parts as Part[],
    rates: values.rates.split(",").map((rate) => integer("rates", rate, 1)),
    seconds: integer("seconds", values.seconds, 1),
    rowsBefore: values["rows-before"].split(",").map((rows) => integer("rows-before", rows, 0)),
    json: values.json,
    report: values.report,
  };
}

function integer(flag: string, text: string, min: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || text.trim() === "") {
    throw new Error(`--${flag}: "${text}" is not an integer ≥ ${min}.`);
  }
  return value;
}
