import type { Setting } from "../setting.ts";
import { boolean, integer, oneOf, optionalDuration, text } from "../types.ts";

/** Settings of `deno task rejects`. */
export const REJECTS = {
  REJECTS_REPLAY: {
    group: "rejects",
    type: boolean,
    default: "false",
    help: "Validate the rejected records again, and move those that are valid now into their tables",
  },
  REJECTS_RESTORE: {
    group: "rejects",
    type: boolean,
    default: "false",
    help: "With --replay: also insert records of streams that delete rows if the row of their key is absent",
  },
  REJECTS_REASON: {
    group: "rejects",
    type: text,
    default: "",
    help: "Only records that were rejected for this reason, such as “invalid record”",
  },
  REJECTS_DELETE: {
    group: "rejects",
    type: boolean,
    default: "false",
    help: "Delete the records that REJECTS_OLDER_THAN selects",
  },
  REJECTS_OLDER_THAN: {
    group: "rejects",
    type: optionalDuration,
    default: "",
    help:
      "Only records that were rejected longer ago than this, such as 30d, 12h or 90m; not with REJECTS_REPLAY",
  },
  REJECTS_LIMIT: {
    group: "rejects",
    type: integer(1),
    default: "20",
    help: "Maximum records to list, latest first",
  },
  REJECTS_FORMAT: {
    group: "rejects",
    type: oneOf("text", "json"),
    default: "text",
    help: "text, or json: one line per record, key and value in Base64",
  },
} satisfies Record<string, Setting>;
