/**
 * The table of the parts `layouts`, `types` and `json`, with their targets.
 *
 * @module
 */
import type { FormatRuns } from "./formats.ts";
import { cpuPerAdditionalMillion, cpuPerMillion, rateFromFirstRow, type Results } from "./results.ts";
import { median } from "./runs.ts";
import { formatInteger, formatMebibytes, type Table } from "./cells.ts";

const MEBIBYTE = 2 ** 20;

/** Targets of a part. */
interface Targets {
  /** Maximum CPU per additional million relative to the first format of the part. */
  readonly cpuOfFirst?: number;
  /** Minimum rate relative to binary COPY. */
  readonly rateOfCopy?: number;
  /** Maximum CPU per additional million relative to that of COPY's backend. */
  readonly cpuOfCopy?: number;
}

const TARGETS: Readonly<Record<FormatRuns["part"], Targets>> = {
  layouts: { cpuOfFirst: 1.25 },
  types: { rateOfCopy: 0.5, cpuOfCopy: 4 },
  json: { rateOfCopy: 0.7 },
};
const PEAK_BYTES_MAX = 250 * MEBIBYTE;

const cpuOf = ({ short, long }: FormatRuns): number => {
  const runs = long.map((run, n) => cpuPerAdditionalMillion(short[n]!, run));
  return median(runs, (cpuSeconds) => cpuSeconds);
};

/** A ratio, and whether it meets its target. */
function ratio(value: number, target: number | undefined, isMaximum: boolean): string {
  if (target === undefined) return value.toFixed(2);
  const isMet = isMaximum ? value <= target : value >= target;
  return `${value.toFixed(2)} (${isMet ? "meets" : "MISSES"} ${isMaximum ? "≤" : "≥"} ${target})`;
}

/** The table; `undefined` if the parts were not measured. */
export function formatsTable({ formats }: Results): Table | undefined {
  return formats && {
    title: "Consumer by format of the records",
    head: [
      "format",
      "records",
      "rate from the first row",
      "of binary COPY",
      "CPU per additional million",
      "relative to the first",
      "relative to COPY's",
      "peak memory",
    ],
    rows: formats.map((runs) => formatRow(runs, formats.find(({ part }) => part === runs.part)!)),
  };
}

function formatRow(runs: FormatRuns, first: FormatRuns): string[] {
  const { part, name, long, copy } = runs;
  const targets = TARGETS[part];
  const rate = rateFromFirstRow(median(long, rateFromFirstRow));
  const cpuSeconds = cpuOf(runs);
  const peakBytes = Math.max(...long.map(({ peakBytes }) => peakBytes ?? 0));
  return [
    name,
    formatInteger(long[0]!.records),
    `${formatInteger(rate)}/s`,
    copy ? ratio(rate / (copy.rows / copy.seconds), targets.rateOfCopy, false) : "",
    `${cpuSeconds.toFixed(2)} s`,
    ratio(cpuSeconds / cpuOf(first), runs === first ? undefined : targets.cpuOfFirst, true),
    copy ? ratio(cpuSeconds / cpuPerMillion({ ...copy, records: copy.rows }), targets.cpuOfCopy, true) : "",
    `${formatMebibytes(peakBytes)}${peakBytes > PEAK_BYTES_MAX ? " (MISSES ≤ 250)" : ""}`,
  ];
}
