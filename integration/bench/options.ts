/**
 * Flags of `deno task bench`.
 *
 * @module
 */
import { parseArgs } from "node:util";

/** What can be measured. */
export const PARTS = ["sink", "producer", "latency", "growth"] as const;
export type Part = (typeof PARTS)[number];

/** What was asked for. */
export interface Options {
  readonly help: boolean;
  readonly records: number;
  readonly partitions: number;
  readonly runs: number;
  readonly parts: readonly Part[];
  /** Records a second, at each of which latency is measured. */
  readonly rates: readonly number[];
  /** For how long at each rate. */
  readonly seconds: number;
  /** Rows in the table before. */
  readonly rowsBefore: readonly number[];
  readonly json: string;
  readonly report: string | undefined;
}

export const HELP = `deno task bench [flags]

Measures the pipeline on this machine, each figure next to its limit in the same run. Starts embedded servers
(INTEGRATION_SERVERS=containers: containers), or uses those in KAFKA_BOOTSTRAP_SERVERS, PGHOST … (as for the services). Everything that
is created there is removed.

  --records N        Records that the consumer drains and the producer sends (1000000)
  --partitions N     Partitions of the topic (6)
  --runs N           Runs of sink, producer and growth (the median counts), and of the limits of the first two (the fastest does) (3)
  --parts LIST       Of ${PARTS.join(",")} (all but growth, which takes long)
  --rates LIST       Records a second, for latency (100,1000,10000,50000)
  --seconds N        Seconds at each of these rates (30)
  --rows-before LIST Rows in the table before, for growth (0,10000000,50000000)
  --json FILE        Where the results go (artifacts/bench.json)
  --report[=FILE]    Write a page with charts too (artifacts/bench.html)
`;

/** @throws {Error} that names the invalid flag */
export function readOptions(args: readonly string[]): Options {
  const withDefault = args.map((arg) => arg === "--report" ? "--report=artifacts/bench.html" : arg);
  const { values } = parseArgs({
    args: withDefault,
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
    records: count("records", values.records, 1),
    partitions: count("partitions", values.partitions, 1),
    runs: count("runs", values.runs, 1),
    parts: parts as Part[],
    rates: values.rates.split(",").map((rate) => count("rates", rate, 1)),
    seconds: count("seconds", values.seconds, 1),
    rowsBefore: values["rows-before"].split(",").map((rows) => count("rows-before", rows, 0)),
    json: values.json,
    report: values.report,
  };
}

function count(flag: string, text: string, min: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < min || text.trim() === "") {
    throw new Error(`--${flag}: "${text}" is not an integer ≥ ${min}.`);
  }
  return value;
}
