/**
 * Results as Markdown tables.
 *
 * @module
 */
import type { ProducerRun } from "./producing.ts";
import type { Quantiles } from "./quantiles.ts";
import { middleRate, perFurtherMillion, perMillion, rateOf, type Results } from "./results.ts";
import { median } from "./runs.ts";
import type { SinkRun } from "./sink.ts";

/** A table: a heading and rows of cells. */
export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A whole number for people, its digits in groups of three. */
export const whole = (value: number): string =>
  Math.round(value).toLocaleString("en-GB").replaceAll(",", " ");
const rate = (records: number, seconds: number) => `${whole(records / seconds)}/s`;
const seconds = (value: number) => `${value.toFixed(2)} s`;
const mebibytes = (bytes: number | undefined) => bytes === undefined ? "?" : `${whole(bytes / 2 ** 20)} MiB`;
const ms = (value: number, digits: number) => `${value.toFixed(digits)} ms`;
/** The largest of several runs. */
const most = (runs: readonly { readonly peakBytes: number | undefined }[]): number | undefined =>
  runs.every(({ peakBytes }) => peakBytes === undefined)
    ? undefined
    : Math.max(...runs.map(({ peakBytes }) => peakBytes ?? 0));
const load = (value: number) => value.toFixed(1);

/** The tables of what was measured. */
export function tables(results: Results): Table[] {
  return [sinkTable(results), producerTable(results), latencyTable(results), growthTable(results)]
    .filter((table) => table !== undefined);
}

function sinkTable({ sink, sinkLong, copy, kafkajsReads, records }: Results): Table | undefined {
  if (!sink) return undefined;
  const limit = copy && copy.binary.rows / copy.binary.seconds;
  const share = (records: number, seconds: number) =>
    limit === undefined ? "" : (records / seconds / limit).toFixed(2);
  const middle = (by: (run: SinkRun) => number) => by(median(sink, by));
  const started = middle(({ seconds }) => seconds), fromFirst = middleRate(sink);
  const rows = [
    [
      "consumer, from process start",
      rate(records, started),
      share(records, started),
      seconds(middle(perMillion)),
      mebibytes(most(sink)),
      load(middle(({ load }) => load)),
    ],
    ["consumer, from the first row", rate(fromFirst, 1), share(fromFirst, 1), "", "", ""],
  ];
  if (sinkLong) {
    const long = median(sinkLong, ({ seconds }) => seconds);
    const cpu = median(sinkLong, ({ cpuSeconds }) => cpuSeconds);
    rows.push([
      `consumer, ${whole(long.records)} records, from process start; CPU of each further million`,
      rate(long.records, long.seconds),
      share(long.records, long.seconds),
      seconds(perFurtherMillion(median(sink, ({ cpuSeconds }) => cpuSeconds), cpu)),
      mebibytes(most(sinkLong)),
      load(median(sinkLong, ({ load }) => load).load),
    ]);
  }
  for (const [name, used] of copy ? Object.entries(copy) : []) {
    rows.push([
      `limit: COPY alone, ${name}, in the server`,
      rate(used.rows, used.seconds),
      share(used.rows, used.seconds),
      seconds(perMillion({ ...used, records: used.rows })),
      "",
      load(used.load),
    ]);
  }
  if (kafkajsReads) {
    rows.push([
      "limit: kafkajs reading alone, from process start, no value looked at or stored",
      rate(records, kafkajsReads.wallSeconds),
      share(records, kafkajsReads.wallSeconds),
      seconds(perMillion({ ...kafkajsReads, records })),
      mebibytes(kafkajsReads.peakBytes),
      load(kafkajsReads.load),
    ]);
  }
  const first = seconds(middle(({ firstRowSeconds }) => firstRowSeconds));
  const transactions = middle(({ transactions }) => transactions);
  return {
    title: `Sink, ${whole(records)} records (start to first row ${first}, ${transactions} transactions)`,
    head: ["", "rate", "of binary COPY", "CPU a million", "peak memory", "load"],
    rows,
  };
}

function producerTable({ producer, producerPerformance, records }: Results): Table | undefined {
  if (!producer) return undefined;
  const middle = (by: (run: ProducerRun) => number) => by(median(producer, by));
  const rows = [[
    "producer, from process start",
    rate(records, middle(({ seconds }) => seconds)),
    seconds(middle(perMillion)),
    mebibytes(most(producer)),
    load(middle(({ load }) => load)),
  ]];
  if (producerPerformance) {
    const { seconds: took, cpuSeconds } = producerPerformance;
    rows.push([
      "limit: Kafka's ProducerPerformance, acks=all, without its JVM's start",
      rate(records, took),
      cpuSeconds === undefined ? "" : seconds(perMillion({ cpuSeconds, records })),
      "",
      load(producerPerformance.load),
    ]);
  }
  return {
    title: `Producer, ${whole(records)} records`,
    head: ["", "rate", "CPU a million", "peak memory", "load"],
    rows,
  };
}

function latencyTable({ latency, latencyLimits }: Results): Table | undefined {
  if (!latency) return undefined;
  const times = ({ p50, p99, p999 }: Quantiles, digits: number) =>
    [p50, p99, p999].map((time) => ms(time, digits));
  const rows = latency.map((run) => [
    `${whole(run.rate)} records/s`,
    whole(run.rows),
    ...times(run, 1),
    ms(run.resolution, 1),
    load(run.load),
  ]);
  if (latencyLimits?.kafka) {
    rows.push(["limit: Kafka's EndToEndLatency", "", ...times(latencyLimits.kafka, 0), "1 ms", ""]);
  }
  if (latencyLimits) {
    rows.push(["limit: PostgreSQL's commit of a row", "", ...times(latencyLimits.postgres, 1), "", ""]);
  }
  return {
    title: "Latency, from a record's making to its row seen by others",
    head: ["", "rows", "p50", "p99", "p99.9", "measured to within", "load"],
    rows,
  };
}

function growthTable({ growth }: Results): Table | undefined {
  return growth && {
    title: "Consumer throughput by workload",
    head: [
      "what",
      "",
      "rate from the first row",
      "lowest … highest",
      "of the first",
      "CPU a million",
      "peak memory",
      "load",
    ],
    rows: growth.map(({ what, value, runs }) => {
      const first = growth.find((series) => series.what === what)!;
      const rates = runs.map(rateOf);
      return [
        what,
        whole(value),
        `${whole(middleRate(runs))}/s`,
        `${whole(Math.min(...rates))} … ${whole(Math.max(...rates))}`,
        (middleRate(runs) / middleRate(first.runs)).toFixed(2),
        seconds(perMillion(median(runs, perMillion))),
        mebibytes(most(runs)),
        load(median(runs, ({ load }) => load).load),
      ];
    }),
  };
}

/** A table in Markdown, with columns of one width, so that it reads well as it is. */
export function markdown({ title, head, rows }: Table): string {
  const widths = head.map((_, column) => Math.max(3, ...[head, ...rows].map((row) => row[column]!.length)));
  const line = (row: readonly string[]) =>
    `| ${
      row.map((cell, column) => column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)).join(
        " | ",
      )
    } |`;
  const rule = `| ${
    widths.map((width, column) => column === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`).join(" | ")
  } |`;
  return [`${title}\n`, line(head), rule, ...rows.map(line)].join("\n");
}
