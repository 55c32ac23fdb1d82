/**
 * Results as text for people.
 *
 * @module
 */
import { median, perFurtherMillion, perMillion, type Results } from "./results.ts";

/** A table: a heading and rows of cells. */
export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const whole = (value: number) => Math.round(value).toLocaleString("en-GB").replaceAll(",", " ");
const rate = (records: number, seconds: number) => `${whole(records / seconds)}/s`;
const seconds = (value: number) => `${value.toFixed(2)} s`;
const mebibytes = (bytes: number | undefined) => bytes === undefined ? "?" : `${whole(bytes / 2 ** 20)} MiB`;
const ms = (value: number) => `${value.toFixed(1)} ms`;

/** The tables of what was measured. */
export function tables(results: Results): Table[] {
  return [sinkTable(results), producerTable(results), latencyTable(results), growthTable(results)]
    .filter((table) => table !== undefined);
}

function sinkTable({ sink, sinkLong, copy, kafkajsReads, records }: Results): Table | undefined {
  if (!sink) return undefined;
  const run = median(sink, ({ cpuSeconds }) => cpuSeconds);
  const rows = [
    [
      "consumer, from process start",
      rate(records, run.seconds),
      seconds(perMillion(run)),
      mebibytes(run.peakBytes),
    ],
    ["consumer, from the first row", rate(records, run.drainSeconds), "", ""],
  ];
  if (sinkLong) {
    const cpu = seconds(perFurtherMillion(run, sinkLong));
    rows.push([
      `consumer, ${whole(sinkLong.records)} records, each further million`,
      rate(sinkLong.records, sinkLong.seconds),
      cpu,
      mebibytes(sinkLong.peakBytes),
    ]);
  }
  for (const [name, limit] of copy ? Object.entries(copy) : []) {
    const cpu = seconds(limit.cpuSeconds / limit.rows * 1e6);
    rows.push([`limit: COPY alone, ${name}, in the server`, rate(limit.rows, limit.seconds), cpu, ""]);
  }
  if (kafkajsReads) {
    rows.push([
      "limit: kafkajs reading alone, no value looked at or stored",
      rate(records, kafkajsReads.wallSeconds),
      seconds(kafkajsReads.cpuSeconds / records * 1e6),
      mebibytes(kafkajsReads.peakBytes),
    ]);
  }
  const start = `start to first row ${seconds(run.firstRowSeconds)}, ${run.transactions} transactions`;
  return {
    title: `Sink, ${whole(records)} records (${start})`,
    head: ["", "rate", "CPU a million", "peak memory"],
    rows,
  };
}

function producerTable({ producer, producerPerformance, records }: Results): Table | undefined {
  if (!producer) return undefined;
  const run = median(producer, ({ cpuSeconds }) => cpuSeconds);
  const rows = [[
    "producer",
    rate(run.records, run.seconds),
    seconds(perMillion(run)),
    mebibytes(run.peakBytes),
  ]];
  if (producerPerformance !== undefined) {
    rows.push(["limit: Kafka's ProducerPerformance, acks=all", `${whole(producerPerformance)}/s`, "", ""]);
  }
  return {
    title: `Producer, ${whole(records)} records`,
    head: ["", "rate", "CPU a million", "peak memory"],
    rows,
  };
}

function latencyTable({ latency }: Results): Table | undefined {
  return latency && {
    title: "Latency, from a record's making to its row seen by others",
    head: ["records/s", "rows", "p50", "p99", "p99.9", "measured to within"],
    rows: latency.map(({ rate, rows, p50, p99, p999, resolution }) => [
      whole(rate),
      whole(rows),
      ...[p50, p99, p999, resolution].map(ms),
    ]),
  };
}

function growthTable({ growth }: Results): Table | undefined {
  return growth && {
    title: "Sink, as circumstances change",
    head: ["what", "", "rate from the first row", "CPU a million", "peak memory"],
    rows: growth.map(({ what, value, run }) => [
      what,
      whole(value),
      rate(run.records, run.drainSeconds),
      seconds(perMillion(run)),
      mebibytes(run.peakBytes),
    ]),
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
