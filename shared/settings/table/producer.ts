import type { Setting } from "../setting.ts";
import { integer, number, oneOf, optionalNumber, text } from "../types.ts";

/** The last second of the year 9999. */
const MAX_TIME_SECONDS = 253_402_300_799;

/** Settings of the producer. */
export const PRODUCER = {
  PRODUCER_RATE: {
    group: "producer",
    type: number(0, 1_000_000_000),
    default: "100",
    help: "Records per second, all streams together; 0 = unlimited",
  },
  PRODUCER_COUNT: {
    group: "producer",
    type: integer(0),
    default: "0",
    help: "Number of records to send before stopping, all streams together; 0 = unlimited",
  },
  PRODUCER_SEED: {
    group: "producer",
    type: text,
    default: "",
    help: "Seed of the random records: the same seed generates the same records",
  },
  PRODUCER_START_TIME: {
    group: "producer",
    type: optionalNumber(0, MAX_TIME_SECONDS),
    default: "",
    help: "Timestamp of the first record in Unix seconds; the next records follow at PRODUCER_RATE. " +
      "Default: the current time of each record",
  },
  PRODUCER_USERS: {
    group: "producer",
    type: integer(1, 2_147_483_648),
    default: "100",
    help: "Number of different keys of each stream, such as users",
  },
  PRODUCER_PATTERN: {
    group: "producer",
    type: oneOf("uniform", "walk"),
    default: "uniform",
    help: "uniform: independent random values; walk: plausible series of each user, if the stream has them",
  },
  PRODUCER_MALFORMED_RATIO: {
    group: "producer",
    type: number(0, 1),
    default: "0",
    help: "Ratio of records that are malformed on purpose, 0 … 1",
  },
  PRODUCER_COMPRESSION: {
    group: "producer",
    type: oneOf("none", "gzip", "snappy", "lz4", "zstd"),
    default: "none",
    help: "Compression of record batches: none, gzip, snappy, lz4 or zstd",
    ini: ["compression_type"],
  },
  PRODUCER_LINGER_MS: {
    group: "producer",
    type: integer(0, 60_000),
    default: "3",
    help: "Maximum time to wait for a batch to fill (linger.ms)",
    ini: true,
  },
  PRODUCER_BATCH_RECORDS: {
    group: "producer",
    type: integer(1, 100_000),
    default: "2000",
    help: "Maximum records per batch of a partition",
  },
  PRODUCER_BUFFER_RECORDS: {
    group: "producer",
    type: integer(1, 10_000_000),
    default: "50000",
    help: "Maximum unacknowledged records; generation pauses when reached",
  },
} satisfies Record<string, Setting>;
