/**
 * Log lines: JSON for machines, a readable form for a terminal.
 *
 * @module
 */
import { escapeUnprintable } from "../escape.ts";
import type { Settings } from "../settings/table.ts";

/** Levels, from the least to the most important. */
export const LEVELS = ["debug", "info", "warn", "error"] as const;
export type Level = (typeof LEVELS)[number];

/** What a log line says beside its message; values must be JSON. */
export type Fields = Readonly<Record<string, unknown>>;

/** Writes one line. A message that takes work to make can be given as a function: it is called only when the line is written. */
export type Log = (level: Level, event: string, message: string | (() => string), fields?: Fields) => void;

const COLORS: Readonly<Record<Level, string>> = { debug: "90", info: "32", warn: "33", error: "31" };

/** The settings that a log is made by. */
export type LogSettings = Pick<Settings, "LOG_LEVEL" | "LOG_FORMAT">;

/**
 * A log as the settings ask for. Control characters in texts of servers are escaped, in JSON the invisible ones too, so that no line
 * controls the terminal or passes for two.
 *
 * @param service the name in each JSON line
 * @param write where lines go, with their line feed
 */
export function createLog(
  service: string,
  settings: LogSettings,
  write: (line: string, level: Level) => void,
  isTerminal: boolean,
): Log {
  const least = LEVELS.indexOf(settings.LOG_LEVEL);
  const readable = settings.LOG_FORMAT === "text" || (settings.LOG_FORMAT === "auto" && isTerminal);
  return (level, event, given, fields = {}) => {
    if (LEVELS.indexOf(level) < least) return;
    const message = typeof given === "string" ? given : given();
    const time = new Date().toISOString();
    if (!readable) {
      return write(
        `${
          escapeUnprintable(
            JSON.stringify(
              { time, level, service, event, message, ...fields },
              (_, v) => typeof v === "bigint" ? Number(v) : v,
            ),
          )
        }\n`,
        level,
      );
    }
    const label = level.toUpperCase().padEnd(5);
    write(
      `${time.slice(11, 23)} ${isTerminal ? `\x1b[${COLORS[level]}m${label}\x1b[0m` : label} ${
        escapeUnprintable(message)
      }\n`,
      level,
    );
  };
}
