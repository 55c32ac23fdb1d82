/**
 * The state of the page at a time in the past, as far as it is known.
 *
 * @module
 */
import type { Status } from "../protocol.ts";
import { formatTime } from "./format.ts";
import type { Model } from "./model.ts";

/** Index of the lag in a sample. */
const LAG = 6;
/** A sample this much older than a time does not describe it, seconds. */
const SAMPLE_AGE_MAX = 3;

/**
 * What the figures show at a time: the rates, latency and lag of that time. The numbers of rows and rejected records are not known then.
 *
 * @param at Unix seconds
 */
export function modelAt<M extends Pick<Model, "samples" | "status">>(model: M, at: number): M {
  const samples = model.samples.filter(([time]) => time <= at);
  const last = samples.at(-1);
  const isKnown = last !== undefined && last[0] >= at - SAMPLE_AGE_MAX;
  return {
    ...model,
    samples: isKnown ? samples : [],
    status: model.status && statusAt(model.status, isKnown ? last[LAG] : null),
  };
}

/** @param lag `null`: not known */
function statusAt(status: Status, lag: number | null): Status {
  const { rejected: _, ...rest } = status;
  return { ...rest, tables: [], lag: { others: [], ...lag !== null && { records: lag } } };
}

/** What the page says while it shows the past. */
export function pastNote(model: Pick<Model, "samples">, at: number): string {
  const [first] = model.samples;
  const figures = first && at >= first[0]
    ? "Positions and figures are of this time."
    : `Positions are of this time; rates, latency and lag are ${
      first ? `known since ${formatTime(first[0] * 1000)}` : "unknown"
    }.`;
  return `${figures} Charts, consumers, rejected records and tables below are live.`;
}
