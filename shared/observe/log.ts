/**
 * Log lines: JSON, or text for a terminal.
 *
 * @module
 */
import { escapeUnprintable } from "../escape.ts";
import type { Settings } from "../settings/table.ts";

/** Levels in ascending order. */
export const LEVELS = ["debug", "info", "warn", "error"] as const;
export type Level = (typeof LEVELS)[number];

/** Additional fields of a log line. Values must be serializable as JSON. */
export type Fields = Readonly<Record<string, unknown>>;

/** Writes one line. A message given as a function is formatted only if the line is written. */
export type Log = (level: Level, event: string, message: string | (() => string), fields?: Fields) => void;

const COLORS: Readonly<Record<Level, string>> = { debug: "90", info: "32", warn: "33", error: "31" };

/** The settings of a log. */
export type LogSettings = Pick<Settings, "LOG_LEVEL" | "LOG_FORMAT">;

/**
 * Creates a log. Control and invisible characters are escaped, so that no message controls the terminal or looks like two lines.
 *
 * @param service the field `service` of JSON lines
 * @param write writes a line, which ends with a line feed
 */
export function createLog(
  service: string,
  settings: LogSettings,
  write: (line: string, level: Level) => void,
  isTerminal: boolean,
): Log {
  const minimum = LEVELS.indexOf(settings.LOG_LEVEL);
  const isText = settings.LOG_FORMAT === "text" || (settings.LOG_FORMAT === "auto" && isTerminal);
  return (level, event, given, fields = {}) => {
    if (LEVELS.indexOf(level) < minimum) return;
    const message = typeof given === "string" ? given : given();
    const time = new Date().toISOString();
    if (!isText) {
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
