/**
 * Results as Markdown tables.
 *
 * @module
 */
import { formatInteger, formatMebibytes, type Table } from "./cells.ts";
import type { ConsumerRun } from "./consumer_run.ts";
import { formatsTable } from "./formats_table.ts";
import type { ProducerRun } from "./producer_run.ts";
import type { Quantiles } from "./quantiles.ts";
import {
  cpuPerAdditionalMillion,
  cpuPerMillion,
  medianRateFromFirstRow,
  rateFromFirstRow,
  type Results,
} from "./results.ts";
import { median } from "./runs.ts";

const formatRate = (records: number, seconds: number) => `${formatInteger(records / seconds)}/s`;
const formatSeconds = (value: number) => `${value.toFixed(2)} s`;
const formatMs = (value: number, digits: number) => `${value.toFixed(digits)} ms`;
const formatLoad = (value: number) => value.toFixed(1);
const maxPeakBytes = (runs: readonly { readonly peakBytes: number | undefined }[]): number | undefined =>
  runs.every(({ peakBytes }) => peakBytes === undefined)
    ? undefined
    : Math.max(...runs.map(({ peakBytes }) => peakBytes ?? 0));

/** Creates one table per measured part. */
export function createTables(results: Results): Table[] {
  return [
    consumerTable(results),
    producerTable(results),
    latencyTable(results),
    workloadTable(results),
    upsertTable(results),
    formatsTable(results),
  ].filter((table) => table !== undefined);
}

function consumerTable({ sink, sinkLong, copy, kafkajsConsumer, records }: Results): Table | undefined {
  if (!sink) return undefined;
  const copyRate = copy && copy.binary.rows / copy.binary.seconds;
  const ofCopy = (records: number, seconds: number) =>
    copyRate === undefined ? "" : (records / seconds / copyRate).toFixed(2);
  const medianOf = (by: (run: ConsumerRun) => number) => by(median(sink, by));
  const wallSeconds = medianOf(({ seconds }) => seconds), fromFirstRow = medianRateFromFirstRow(sink);
  const rows = [
    [
      "consumer, from process start",
      formatRate(records, wallSeconds),
      ofCopy(records, wallSeconds),
      formatSeconds(medianOf(cpuPerMillion)),
      formatMebibytes(maxPeakBytes(sink)),
      formatLoad(medianOf(({ load }) => load)),
    ],
    ["consumer, from the first row", formatRate(fromFirstRow, 1), ofCopy(fromFirstRow, 1), "", "", ""],
  ];
  if (sinkLong) {
    const long = median(sinkLong, ({ seconds }) => seconds);
    const byCpu = [sink, sinkLong].map((runs) => median(runs, ({ cpuSeconds }) => cpuSeconds));
    rows.push([
      `consumer, ${formatInteger(long.records)} records, from process start; CPU per additional million`,
      formatRate(long.records, long.seconds),
      ofCopy(long.records, long.seconds),
      formatSeconds(cpuPerAdditionalMillion(byCpu[0]!, byCpu[1]!)),
      formatMebibytes(maxPeakBytes(sinkLong)),
      formatLoad(median(sinkLong, ({ load }) => load).load),
    ]);
  }
  for (const [format, run] of copy ? Object.entries(copy) : []) {
    rows.push([
      `baseline: ${format} COPY in the server`,
      formatRate(run.rows, run.seconds),
      ofCopy(run.rows, run.seconds),
      formatSeconds(cpuPerMillion({ ...run, records: run.rows })),
      "",
      formatLoad(run.load),
    ]);
  }
  if (kafkajsConsumer) {
    rows.push([
      "baseline: kafkajs consumer that discards the records, from process start",
      formatRate(records, kafkajsConsumer.wallSeconds),
      ofCopy(records, kafkajsConsumer.wallSeconds),
      formatSeconds(cpuPerMillion({ ...kafkajsConsumer, records })),
      formatMebibytes(kafkajsConsumer.peakBytes),
      formatLoad(kafkajsConsumer.load),
    ]);
  }
  const firstRow = formatSeconds(medianOf(({ firstRowSeconds }) => firstRowSeconds));
  const transactions = medianOf(({ transactions }) => transactions);
  return {
    title: `Consumer, ${
      formatInteger(records)
    } records (start to first row ${firstRow}, ${transactions} transactions)`,
    head: ["", "rate", "of binary COPY", "CPU per million", "peak memory", "load"],
    rows,
  };
}

function producerTable({ producer, producerPerformance, records }: Results): Table | undefined {
  if (!producer) return undefined;
  const medianOf = (by: (run: ProducerRun) => number) => by(median(producer, by));
  const rows = [[
    "producer, from process start",
    formatRate(records, medianOf(({ seconds }) => seconds)),
    formatSeconds(medianOf(cpuPerMillion)),
    formatMebibytes(maxPeakBytes(producer)),
    formatLoad(medianOf(({ load }) => load)),
  ]];
  if (producerPerformance) {
    const { seconds, cpuSeconds, load } = producerPerformance;
    rows.push([
      "baseline: Kafka's ProducerPerformance, acks=all, rate without JVM start",
      formatRate(records, seconds),
      cpuSeconds === undefined ? "" : formatSeconds(cpuPerMillion({ cpuSeconds, records })),
      "",
      formatLoad(load),
    ]);
  }
  return {
    title: `Producer, ${formatInteger(records)} records`,
    head: ["", "rate", "CPU per million", "peak memory", "load"],
    rows,
  };
}

function latencyTable({ latency, latencyBaselines }: Results): Table | undefined {
  if (!latency) return undefined;
  const cells = ({ p50, p99, p999 }: Quantiles, digits: number) =>
    [p50, p99, p999].map((time) => formatMs(time, digits));
  const rows = latency.map((run) => [
    `${formatInteger(run.rate)} records/s`,
    formatInteger(run.rows),
    ...cells(run, 1),
    formatMs(run.resolution, 1),
    formatLoad(run.load),
  ]);
  if (latencyBaselines?.kafka) {
    rows.push(["baseline: Kafka's EndToEndLatency", "", ...cells(latencyBaselines.kafka, 0), "1 ms", ""]);
  }
  if (latencyBaselines) {
    rows.push([
      "baseline: PostgreSQL's commit of one row",
      "",
      ...cells(latencyBaselines.postgres, 1),
      "",
      "",
    ]);
  }
  return {
    title: "End-to-end latency (record created → row visible)",
    head: ["", "rows", "p50", "p99", "p99.9", "resolution", "load"],
    rows,
  };
}

function workloadTable({ growth }: Results): Table | undefined {
  return growth && {
    title: "Consumer throughput by workload",
    head: [
      "workload",
      "",
      "rate from the first row",
      "lowest … highest",
      "relative to the first",
      "CPU per million",
      "peak memory",
      "load",
    ],
    rows: growth.map(({ workload, value, runs }) => {
      const first = growth.find((series) => series.workload === workload)!;
      const rates = runs.map(rateFromFirstRow);
      const medianRate = medianRateFromFirstRow(runs);
      return [
        workload,
        formatInteger(value),
        formatRate(medianRate, 1),
        `${formatInteger(Math.min(...rates))} … ${formatInteger(Math.max(...rates))}`,
        (medianRate / medianRateFromFirstRow(first.runs)).toFixed(2),
        formatSeconds(cpuPerMillion(median(runs, cpuPerMillion))),
        formatMebibytes(maxPeakBytes(runs)),
        formatLoad(median(runs, ({ load }) => load).load),
      ];
    }),
  };
}

function upsertTable({ upsert }: Results): Table | undefined {
  return upsert && {
    title: "Upserts, keys drawn from a tenth of the number of records",
    head: [
      "",
      "records per transaction",
      "consumer",
      "psql",
      "consumer / psql",
      "CPU per million",
      "peak memory",
      "load",
    ],
    rows: upsert.map(({ batches, runs }) => {
      const rates = runs.map(({ drained, drainSeconds }) => drained / drainSeconds);
      const psql = runs.map(({ records, psqlSeconds }) => records / (psqlSeconds ?? NaN));
      const medianOf = (values: readonly number[]) => median(values, (value) => value);
      const hasPsql = runs.every(({ psqlSeconds }) => psqlSeconds !== undefined);
      return [
        `${batches} batches`,
        formatInteger(medianOf(runs.map(({ batchRows }) => batchRows))),
        formatRate(medianOf(rates), 1),
        hasPsql ? formatRate(medianOf(psql), 1) : "",
        hasPsql ? medianOf(rates.map((rate, run) => rate / psql[run]!)).toFixed(2) : "",
        formatSeconds(medianOf(runs.map(cpuPerMillion))),
        formatMebibytes(maxPeakBytes(runs)),
        formatLoad(median(runs, ({ load }) => load).load),
      ];
    }),
  };
}

/** Formats a table as Markdown, with aligned columns. */
export function toMarkdown({ title, head, rows }: Table): string {
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
