import type { Setting } from "../setting.ts";
import { boolean, optionalList, text } from "../types.ts";

/** Settings of `deno task progress`. */
export const PROGRESS = {
  PROGRESS_SEEK: {
    group: "progress",
    type: text,
    default: "",
    help: "Where to continue: beginning, end, an offset, or a time such as 2026-11-30T12:00:00Z. " +
      "Reports what would be stored again or skipped; PROGRESS_YES changes the progress",
  },
  PROGRESS_PARTITIONS: {
    group: "progress",
    type: optionalList,
    default: "",
    help: "Partitions to seek, comma-separated, such as 0,3; default: all",
  },
  PROGRESS_YES: {
    group: "progress",
    type: boolean,
    default: "false",
    help: "Change the progress as PROGRESS_SEEK reports it",
  },
} satisfies Record<string, Setting>;
