/**
 * kafkajs' own log, made quiet: it logs at ERROR what it then retries. What matters reaches the log as the service's events.
 *
 * @module
 */
import type { logCreator, LogEntry } from "kafkajs";
import type { Log } from "../../observe/log.ts";

/**
 * kafkajs' entries as `debug` lines, except that `onTrouble` hears of those that say a broker can't be reached.
 *
 * @param onTrouble called with the message of each failed connection or request
 */
export function kafkaLog(log: Log, onTrouble: (message: string) => void): logCreator {
  return () => ({ namespace, label, log: { message, ...rest } }: LogEntry) => {
    const { broker, error, retryCount } = rest as { broker?: string; error?: unknown; retryCount?: number };
    log("debug", "kafkajs", `[${namespace}] ${label} ${message}`, {
      broker,
      retryCount,
      error: String(error ?? ""),
    });
    // Every kafkajs error that it retries is logged by one of these, and by nobody else.
    const troubled = (/Connection/.test(namespace) && /error|timeout|refused/i.test(message)) ||
      (namespace === "Producer" && /^Failed to send/.test(message));
    if (troubled && (label === "ERROR" || label === "WARN")) {
      onTrouble(`${message}${broker ? ` (broker ${broker})` : ""}`);
    }
  };
}
