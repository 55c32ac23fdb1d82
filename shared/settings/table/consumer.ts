import type { Setting } from "../setting.ts";
import { boolean, integer, text } from "../types.ts";

/** Settings of the consumer. */
export const CONSUMER = {
  CONSUMER_GROUP_ID: {
    group: "group",
    type: text,
    default: "routes-consumer",
    help: "Consumer group. Each group has its own progress: a new one reads and stores all records again",
    ini: true,
  },
  CONSUMER_UNTIL_CAUGHT_UP: {
    group: "consumer",
    type: boolean,
    default: "false",
    help: "Stop with exit code 0 when all records that were in the topics at start are stored",
  },
  CONSUMER_ADD_COLUMNS: {
    group: "consumer",
    type: boolean,
    default: "false",
    help:
      "Add columns that an existing table lacks (ALTER TABLE … ADD COLUMN), if the stream's schema allows null in them",
  },
  CONSUMER_BATCH_BYTES: {
    group: "consumer",
    type: integer(1_000, 1_000_000_000),
    default: "8000000",
    help: "Maximum bytes of records per transaction",
  },
  CONSUMER_BUFFER_BYTES: {
    group: "consumer",
    type: integer(1_000, 4_000_000_000),
    default: "24000000",
    help: "Maximum bytes of records buffered for PostgreSQL; fetching pauses when reached",
  },
  CONSUMER_FETCH_BYTES: {
    group: "consumer",
    type: integer(1_000, 1_000_000_000),
    default: "4000000",
    help: "Maximum bytes per fetch",
    ini: ["fetch_max_bytes"],
  },
  CONSUMER_CHECK_CRCS: {
    group: "consumer",
    type: boolean,
    default: "true",
    help: "Verify the CRC of each record batch, and stop at a corrupt one",
    ini: true,
  },
  CONSUMER_DECOMPRESSED_BATCH_MAX_BYTES: {
    group: "consumer",
    oldName: "CONSUMER_BATCH_INFLATED_BYTES_MAX",
    type: integer(1_000, 1_000_000_000),
    default: "67108864",
    help: "Maximum decompressed size of a record batch, in bytes; the consumer stops at a larger one",
  },
  CONSUMER_SESSION_TIMEOUT_MS: {
    group: "consumer",
    type: integer(1_000, 1_800_000),
    default: "30000",
    help: "Session timeout of the consumer group (session.timeout.ms)",
    ini: true,
  },
  CONSUMER_TRANSACTION_TIMEOUT_MS: {
    group: "consumer",
    type: integer(100, 3_600_000),
    default: "60000",
    help: "statement_timeout of the consumer's session, so that a stalled consumer cannot block the others",
  },
  CONSUMER_SHUTDOWN_TIMEOUT_MS: {
    group: "consumer",
    type: integer(100, 600_000),
    default: "6000",
    help: "Maximum time to drain on shutdown; records that are not stored by then are read again",
  },
  CONSUMER_REJECT_STREAK_MAX: {
    group: "consumer",
    type: integer(0, 1_000_000_000),
    default: "100",
    help:
      "Maximum successive records of a partition that PostgreSQL may reject for the same cause; 0 = unlimited",
  },
} satisfies Record<string, Setting>;
