/**
 * Ticks of the charts' axes: their distances and their texts.
 *
 * @module
 */

/** 1, 2 and 5 times each power of ten, from `smallest` (a power of ten) to `largest`. */
export function decimalSteps(smallest: number, largest = 1e15): number[] {
  const steps: number[] = [];
  for (let exponent = Math.round(Math.log10(smallest));; exponent++) {
    for (const digit of [1, 2, 5]) {
      const step = Number(`${digit}e${exponent}`);
      if (step > largest) return steps;
      steps.push(step);
    }
  }
}

/** Distances of ticks on an axis of seconds: decimal below a minute, then whole minutes and hours. */
export const DURATION_STEPS: readonly number[] = [
  ...decimalSteps(1e-6, 20),
  30,
  ...[1, 2, 5, 10, 20, 30, 60, 120, 360, 720, 1_440, 14_400, 144_000].map((minutes) => minutes * 60),
];

const COUNT_UNITS = [[1e9, "G"], [1e6, "M"], [1e4, "k"]] as const;
const DURATION_UNITS = [[7_200, 3_600, "h"], [120, 60, "min"], [1, 1, "s"], [0, 1e-3, "ms"]] as const;

/** Texts of ticks with counts or rates, all in the unit of the largest. */
export function countTicks(ticks: readonly number[]): string[] {
  const largest = Math.max(...ticks);
  const [limit = 1, unit = ""] = COUNT_UNITS.find(([limit]) => largest >= limit) ?? [];
  const scale = unit === "k" ? 1e3 : limit;
  return ticks.map((tick) => tickText(tick / scale, unit));
}

/** Texts of ticks with durations in seconds, all in the unit of the largest. */
export function durationTicks(ticks: readonly number[]): string[] {
  const largest = Math.max(...ticks);
  const [, scale, unit] = DURATION_UNITS.find(([limit]) => largest >= limit)!;
  return ticks.map((tick) => tickText(tick / scale, unit));
}

const tickText = (value: number, unit: string): string => {
  const text = Number(value.toPrecision(4)).toLocaleString("en-US");
  return value === 0 || unit === "" ? text : `${text} ${unit}`;
};

/** The smallest of 1, 2 and 5 times a power of ten that is at least `value` and at least `smallest`. */
export const scaleEnd = (value: number, smallest: number): number =>
  decimalSteps(smallest).find((step) => step >= value) ?? value;

/** The vertical axis of a chart. */
export interface ValueAxis {
  readonly ticks: (values: readonly number[]) => string[];
  /** Possible distances of ticks. */
  readonly steps: readonly number[];
  /** The axis ends here if all values are lower. */
  readonly end: number;
}

/** Records per second, latency in seconds, and lag in records, which has no fractions. */
export const RATE_AXIS: ValueAxis = { ticks: countTicks, steps: decimalSteps(0.1), end: 1 };
export const LATENCY_AXIS: ValueAxis = { ticks: durationTicks, steps: DURATION_STEPS, end: 0.005 };
export const LAG_AXIS: ValueAxis = { ticks: countTicks, steps: decimalSteps(1), end: 5 };
