import type { Setting } from "../setting.ts";
import { boolean, oneOf, optionalInteger, text } from "../types.ts";

/** Settings of `deno task start`. */
export const START = {
  START_EXIT: {
    group: "start",
    type: boolean,
    default: "false",
    help: "Stop when PRODUCER_COUNT records are stored; else, on a terminal, wait for a key",
  },
  START_SERVERS: {
    group: "start",
    type: oneOf("auto", "embedded", "containers"),
    default: "auto",
    help: "Kafka and PostgreSQL as programs of this machine (embedded) or in Docker (containers); " +
      "auto: as before, else embedded if Java and Maven are installed, else containers",
  },
  START_FOLDER: {
    group: "start",
    type: text,
    default: ".cache",
    help: "Folder of data, logs and start.env",
  },
  START_KAFKA_PORT: {
    group: "start",
    type: optionalInteger(1, 65_535),
    default: "",
    help: "Port of Kafka; default: that of the last start, else 9092, else a free one",
  },
  START_POSTGRES_PORT: {
    group: "start",
    type: optionalInteger(1, 65_535),
    default: "",
    help: "Port of PostgreSQL; default: that of the last start, else 5432, else a free one",
  },
} satisfies Record<string, Setting>;
