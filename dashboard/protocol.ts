/**
 * What the service tells its pages. Types only, so that both sides can import it.
 *
 * @module
 */

/** What a page has to know of a stream; all of it comes from the stream's definition. */
export interface StreamInfo {
  readonly name: string;
  readonly about: string;
  readonly table: string;
  /** In the order of a row. The first two are the user and the timestamp. */
  readonly fields: readonly { readonly column: string; readonly min: number; readonly max: number }[];
  /** Where latitude and longitude lie in a row, if the stream has both: then it is shown on the map. */
  readonly place?: readonly [latitude: number, longitude: number];
}

/** A row: a number for each field. */
export type Row = readonly number[];

/** `unavailable`: polling again may succeed; `error`: somebody must correct something first. */
export type DatabaseState = "starting" | "ok" | "unavailable" | "error";

/** A table, as far as one can tell without reading it. */
export interface TableStatus {
  readonly stream: string;
  readonly exists: boolean;
  /** Rows as PostgreSQL's statistics estimate them. */
  readonly rows: number;
}

/** A producer or consumer. */
export interface ServiceStatus {
  /** Host name of `DASHBOARD_SERVICES`, with the address where there are several. */
  readonly name: string;
  /** `unknown`: it has not answered yet. */
  readonly kind: "consumer" | "producer" | "unknown";
  readonly up: boolean;
  /** Why it is not up. */
  readonly problem?: string;
  /** Servers that it says are away: `kafka`, `postgresql`. */
  readonly missing: readonly string[];
  readonly partitions: readonly PartitionLag[];
  /** Partitions of its topics that no consumer of its group consumes. All consumers of a group report the same ones. */
  readonly unassigned?: readonly PartitionLag[];
}

/** How far behind a partition is. */
export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  /** Records behind the end of the partition. */
  readonly lag: number;
}

/** The unassigned partitions that services report, each once, with the greatest lag that any of them reports. */
export function unassignedPartitions(services: readonly ServiceStatus[]): PartitionLag[] {
  const greatest = new Map<string, PartitionLag>();
  for (const at of services.flatMap(({ unassigned = [] }) => unassigned)) {
    const key = `${at.topic}[${at.partition}]`;
    if (at.lag >= (greatest.get(key)?.lag ?? 0)) greatest.set(key, at);
  }
  return [...greatest.values()];
}

/** What goes on, apart from the rows. */
export interface Status {
  readonly database: {
    readonly state: DatabaseState;
    /** Unix milliseconds. */
    readonly since: number;
    readonly message?: string;
  };
  readonly tables: readonly TableStatus[];
  readonly services: readonly ServiceStatus[];
  /** More rows are committed than are shown. */
  readonly sampled: boolean;
}

/**
 * One second of the charts: Unix seconds, records/s produced, stored and rejected, end-to-end latency p50 and p99 in seconds, lag
 * in records. `null`: nobody says.
 */
export type Sample = readonly [
  time: number,
  produced: number | null,
  stored: number | null,
  rejected: number | null,
  p50: number | null,
  p99: number | null,
  lag: number | null,
];

/** A record in quarantine. */
export interface RejectedRecord {
  readonly topic: string;
  readonly partition: number;
  /** As text: it may be beyond what a number holds. */
  readonly offset: string;
  readonly reason: string;
  readonly detail: string;
  /** Unix milliseconds. */
  readonly at: number;
  /** The first bytes of the value, Base64; `null`: the record has no value. */
  readonly value: string | null;
  /** Bytes of the whole value. */
  readonly bytes: number;
}

/** All there is to show; the first message to a page, and the next to one that fell behind. */
export interface Snapshot {
  readonly streams: readonly StreamInfo[];
  /** By stream: the latest rows of each user, oldest first. */
  readonly rows: Readonly<Record<string, readonly Row[]>>;
  readonly status: Status;
  readonly samples: readonly Sample[];
  readonly rejected: readonly RejectedRecord[];
}

/** What is new since the last message. */
export interface Update {
  /** Streams whose table is another one now: what was shown of them is void. */
  readonly replaced?: readonly string[];
  readonly rows: Readonly<Record<string, readonly Row[]>>;
  readonly status: Status;
  readonly samples: readonly Sample[];
  /** All that are shown; only when they have changed. */
  readonly rejected?: readonly RejectedRecord[];
}

/** Answer of `/api/history`: a sample of all that is stored, oldest first. */
export interface History {
  readonly rows: readonly Row[];
}

/** Answer of `/api/user`: a user's rows as far as they were found without reading the whole table, oldest first. */
export interface UserRows {
  readonly rows: readonly Row[];
}
