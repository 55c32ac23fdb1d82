/**
 * What the page knows: the last snapshot and the updates since.
 *
 * @module
 */
import type { RejectedRecord, Row, Sample, Snapshot, Status, StreamInfo, Update } from "../protocol.ts";

/** Rows of a user's trail. */
const TRAIL = 60;
/** Users that are kept. */
const MOST_USERS = 2_000;
/** Seconds of charts. */
const MOST_SAMPLES = 600;

/** The latest rows of each user, oldest first. */
export type Trails = Map<number, Row[]>;

/** A stream and its rows. */
export interface StreamModel {
  readonly info: StreamInfo;
  readonly trails: Trails;
  /** Rows that came with the last message. */
  fresh: readonly Row[];
}

/** All that is shown. */
export class Model {
  streams: StreamModel[] = [];
  status: Status | undefined;
  samples: Sample[] = [];
  rejected: readonly RejectedRecord[] = [];

  /** The stream that is shown on the map: the first with places. */
  get map(): (StreamModel & { info: { place: NonNullable<StreamInfo["place"]> } }) | undefined {
    return this.streams.find(({ info }) => info.place) as ReturnType<() => Model["map"]>;
  }

  /** Takes in the whole picture. */
  begin({ streams, rows, status, samples, rejected }: Snapshot): void {
    this.streams = streams.map((info) => ({ info, trails: new Map(), fresh: [] }));
    for (const stream of this.streams) addRows(stream, rows[stream.info.name] ?? []);
    for (const stream of this.streams) stream.fresh = [];
    this.status = status;
    this.samples = [...samples];
    this.rejected = rejected;
  }

  /** Takes in what is new. */
  update({ anew = [], rows, status, samples, rejected }: Update): void {
    for (const stream of this.streams) {
      if (anew.includes(stream.info.name)) stream.trails.clear();
      addRows(stream, rows[stream.info.name] ?? []);
    }
    this.status = status;
    this.samples.push(...samples);
    this.samples.splice(0, this.samples.length - MOST_SAMPLES);
    if (rejected) this.rejected = rejected;
  }
}

function addRows(stream: StreamModel, rows: readonly Row[]): void {
  stream.fresh = rows;
  const depth = stream.info.place ? TRAIL : 1;
  for (const row of rows) {
    const user = row[0]!;
    const list = stream.trails.get(user) ?? [];
    let at = list.length;
    while (at > 0 && list[at - 1]![1]! > row[1]!) at--;
    list.splice(at, 0, row);
    if (list.length > depth) list.shift();
    // Whoever was seen last stands last.
    stream.trails.delete(user);
    stream.trails.set(user, list);
  }
  for (const user of stream.trails.keys()) {
    if (stream.trails.size <= MOST_USERS) break;
    stream.trails.delete(user);
  }
}
