/**
 * Messages of the service to its pages. Imported by both sides.
 *
 * @module
 */

/** The parts of a stream's definition that pages need. */
export interface StreamInfo {
  readonly name: string;
  readonly about: string;
  readonly table: string;
  /** Name of the key column, or of several; absent: the rows have no key. */
  readonly key?: string;
  /** Type of the key column; absent if there are several or none. */
  readonly keyType?: string;
  /** Name of the column with a row's time; absent: there is none. */
  readonly time?: string;
  readonly timeKind?: TimeKind;
  /** The table has one row per key, which is updated. */
  readonly isUpdated: boolean;
  /** The columns after key and time, in the order of a row. */
  readonly columns: readonly ColumnInfo[];
  /** Indexes of latitude and longitude in a row; absent if the stream is not shown on the map. */
  readonly place?: readonly [latitude: number, longitude: number];
}

/** What Unix seconds mean: an instant, or a time or date without a time zone, as of UTC. */
export type TimeKind = "instant" | "local" | "date";

/** A column of a stream. */
export interface ColumnInfo {
  readonly name: string;
  readonly type: string;
  readonly isNumber: boolean;
  /** Title and description of the schema: the stream's own words, possibly with the unit. */
  readonly title?: string;
  readonly description?: string;
  /** The values are Unix seconds. */
  readonly time?: TimeKind;
  /** Minimum and maximum, if the schema has both. */
  readonly range?: readonly [min: number, max: number];
}

/** `null` is NULL. Numbers that a double does not represent exactly, and values of other types, are PostgreSQL's text, shortened. */
export type Value = number | string | null;

/** Index of the first column after key and time in a row. */
export const FIRST_COLUMN = 2;

/**
 * The key as text, the time in Unix seconds (0 if it is NULL or there is none), and the values of the other columns. Rows without a key have their place in
 * the table instead.
 */
export type Row = readonly [key: string, time: number, ...values: Value[]];

/** `unavailable`: polling again may succeed; `error`: it fails until the cause is corrected. */
export type ServerState = "starting" | "ok" | "unavailable" | "error";

export interface TableStatus {
  readonly stream: string;
  readonly exists: boolean;
  /** Number of rows, as estimated by PostgreSQL's statistics. */
  readonly rows: number;
}

/** A producer or consumer. */
export interface ServiceStatus {
  /**
   * Name of the host according to reverse DNS, such as that of the container, if it contains the host of the URL in `DASHBOARD_SERVICES`. Else the host
   * of the URL with the port, or with the address if the host has several.
   */
  readonly name: string;
  /** `unknown`: the service has not responded yet. */
  readonly kind: "consumer" | "producer" | "unknown";
  readonly up: boolean;
  /** Why the service is not up. */
  readonly problem?: string;
  /** Servers that the service reports as unavailable: `kafka`, `postgresql`. */
  readonly missing: readonly string[];
  readonly partitions: readonly PartitionLag[];
  /** Partitions assigned to no member of the consumer group. All members report the same ones. */
  readonly unassigned?: readonly PartitionLag[];
}

export interface PartitionLag {
  readonly topic: string;
  readonly partition: number;
  /** Records up to the high watermark that are not stored yet. */
  readonly lag: number;
}

/** The unassigned partitions reported by services, each once with the highest reported lag. */
export function unassignedPartitions(services: readonly ServiceStatus[]): PartitionLag[] {
  const highest = new Map<string, PartitionLag>();
  for (const at of services.flatMap(({ unassigned = [] }) => unassigned)) {
    const key = `${at.topic}[${at.partition}]`;
    if (at.lag >= (highest.get(key)?.lag ?? 0)) highest.set(key, at);
  }
  return [...highest.values()];
}

/** State of a server, the time of its last change (Unix milliseconds), and the error. */
export interface ServerStatus {
  readonly state: ServerState;
  readonly since: number;
  readonly message?: string;
}

/** Lag of the consumer group. */
export interface GroupLag {
  /** Records; absent: not known yet. */
  readonly records?: number;
  /** When {@link records} was measured, Unix milliseconds; absent: it is current. */
  readonly staleSince?: number;
  /** Partitions that no reachable consumer reports as assigned. */
  readonly others: readonly PartitionLag[];
}

/** State of servers, tables and services. */
export interface Status {
  readonly database: ServerStatus;
  /** As the dashboard itself reaches Kafka. */
  readonly kafka: ServerStatus;
  readonly lag: GroupLag;
  readonly tables: readonly TableStatus[];
  readonly services: readonly ServiceStatus[];
  /** Number of rows in `rejected_records`; absent: not known yet. Large numbers are estimated by the statistics. */
  readonly rejected?: { readonly count: number; readonly isExact: boolean };
  /** Not all committed rows are sent to the pages. */
  readonly sampled: boolean;
}

/**
 * One second of the charts: Unix seconds; records/s produced, stored and rejected; end-to-end latency p50 and p99 in seconds.
 * `null`: no service reports the value.
 */
export type ServicesSample = readonly [
  time: number,
  produced: number | null,
  stored: number | null,
  rejected: number | null,
  p50: number | null,
  p99: number | null,
];

/** Followed by the lag in records; `null`: it is not known. */
export type Sample = readonly [...ServicesSample, lag: number | null];

export interface RejectedRecord {
  readonly topic: string;
  readonly partition: number;
  /** As text, since it can exceed the safe integers. */
  readonly offset: string;
  readonly reason: string;
  readonly detail: string;
  /** Unix milliseconds. */
  readonly at: number;
  /** Leading bytes of the value, Base64; `null`: the record has no value. */
  readonly value: string | null;
  /** Size of the complete value. */
  readonly bytes: number;
}

/** The complete state: the first message to a page, and the next one after a page missed updates. */
export interface Snapshot {
  readonly streams: readonly StreamInfo[];
  /** Latest rows of each key by stream, oldest first. */
  readonly rows: Readonly<Record<string, readonly Row[]>>;
  readonly status: Status;
  readonly samples: readonly Sample[];
  readonly rejected: readonly RejectedRecord[];
}

/** Changes since the last message. */
export interface Update {
  /** Streams whose table was replaced: their earlier rows are obsolete. */
  readonly replaced?: readonly string[];
  /** Keys by stream whose rows were deleted. */
  readonly deleted?: Readonly<Record<string, readonly string[]>>;
  readonly rows: Readonly<Record<string, readonly Row[]>>;
  readonly status: Status;
  readonly samples: readonly Sample[];
  /** The complete list, if it has changed. */
  readonly rejected?: readonly RejectedRecord[];
}

/** Response of `/api/history`: a sample of the stored rows, oldest first. */
export interface History {
  readonly rows: readonly Row[];
}

/** Response of `/api/rows`: the rows of a key found without a full table scan. */
export interface KeyRows {
  /** The latest rows found, oldest first. */
  readonly rows: readonly Row[];
  /**
   * `all`: all rows of the key; `latest`: the key may have earlier rows; `sample`: the latest rows of the table have none of this
   * key, these are from a sample of earlier ones.
   */
  readonly extent: "all" | "latest" | "sample";
  /** Number of the table's latest rows that were searched, estimated. */
  readonly searched: number;
}
