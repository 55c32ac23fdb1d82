/**
 * State of the page: the last snapshot and the updates since.
 *
 * @module
 */
import type { RejectedRecord, Row, Sample, Snapshot, Status, StreamInfo, Update } from "../protocol.ts";

/** Rows per trail. */
const TRAIL_ROWS_MAX = 60;
/** When there are more, the keys seen least recently are dropped. */
export const KEYS_MAX = 2_000;
/** One sample per second. */
const SAMPLES_MAX = 600;

/** The latest rows of each key, oldest first. */
export type Trails = Map<string, Row[]>;

/** A stream and its rows. */
export interface StreamModel {
  readonly info: StreamInfo;
  readonly trails: Trails;
  /** Rows of the last message. */
  fresh: readonly Row[];
}

/** What is known of the stream on the map. */
export type MapInfo = StreamInfo & { readonly place: NonNullable<StreamInfo["place"]> };

/** The stream on the map. */
export type MapStream = StreamModel & { readonly info: MapInfo };

export class Model {
  streams: StreamModel[] = [];
  status: Status | undefined;
  samples: Sample[] = [];
  rejected: readonly RejectedRecord[] = [];

  /** The stream shown on the map: the one with this name, otherwise the first one with coordinates. */
  mapOf(name: string | undefined): MapStream | undefined {
    const streams = this.streams.filter(({ info }) => info.place) as MapStream[];
    return streams.find(({ info }) => info.name === name) ?? streams[0];
  }

  /** Replaces the state by a snapshot. */
  reset({ streams, rows, status, samples, rejected }: Snapshot): void {
    this.streams = streams.map((info) => ({ info, trails: new Map(), fresh: [] }));
    for (const stream of this.streams) addRows(stream, rows[stream.info.name] ?? []);
    for (const stream of this.streams) stream.fresh = [];
    this.status = status;
    this.samples = [...samples];
    this.rejected = rejected;
  }

  /** Applies an update. */
  update({ replaced = [], deleted = {}, rows, status, samples, rejected }: Update): void {
    for (const stream of this.streams) {
      if (replaced.includes(stream.info.name)) stream.trails.clear();
      addRows(stream, rows[stream.info.name] ?? []);
      for (const key of deleted[stream.info.name] ?? []) stream.trails.delete(key);
    }
    this.status = status;
    this.samples.push(...samples);
    this.samples.splice(0, this.samples.length - SAMPLES_MAX);
    if (rejected) this.rejected = rejected;
  }
}

function addRows(stream: StreamModel, rows: readonly Row[]): void {
  stream.fresh = rows;
  const depth = stream.info.place ? TRAIL_ROWS_MAX : 1;
  for (const row of rows) {
    const key = row[0];
    const list = stream.trails.get(key) ?? [];
    let at = list.length;
    while (!stream.info.isUpdated && at > 0 && list[at - 1]![1] > row[1]) at--;
    list.splice(at, 0, row);
    if (list.length > depth) list.shift();
    // Keeps the map ordered by the time of the last row.
    stream.trails.delete(key);
    stream.trails.set(key, list);
  }
  for (const key of stream.trails.keys()) {
    if (stream.trails.size <= KEYS_MAX) break;
    stream.trails.delete(key);
  }
}
