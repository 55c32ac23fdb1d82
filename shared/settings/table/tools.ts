import type { Setting } from "../setting.ts";
import { integer } from "../types.ts";

/** Settings of `deno task stream:check` and `deno task stream:infer`. */
export const TOOLS = {
  TOOLS_RECORDS: {
    group: "tools",
    type: integer(0),
    default: "10000",
    help: "Maximum records to read, evenly from the start of each partition; 0 = do not connect to Kafka",
  },
} satisfies Record<string, Setting>;
