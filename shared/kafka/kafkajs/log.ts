/**
 * kafkajs' log. kafkajs logs errors that it retries at level ERROR, so all its entries are written at level `debug`.
 *
 * @module
 */
import type { logCreator, LogEntry } from "kafkajs";
import type { Log } from "../../observe/log.ts";

/**
 * Writes kafkajs' entries to `log` at level `debug`.
 *
 * @param onConnectionError also called with the message of each connection error
 */
export function kafkaLog(log: Log, onConnectionError: (message: string) => void): logCreator {
  return () => ({ namespace, label, log: { message, ...rest } }: LogEntry) => {
    const { broker, error, retryCount } = rest as { broker?: string; error?: unknown; retryCount?: number };
    log("debug", "kafkajs", `[${namespace}] ${label} ${message}`, {
      broker,
      retryCount,
      error: String(error ?? ""),
    });
    const isConnectionError = /Connection/.test(namespace) && /error|timeout|refused/i.test(message);
    if (isConnectionError && (label === "ERROR" || label === "WARN")) {
      onConnectionError(`${message}${broker ? ` (broker ${broker})` : ""}`);
    }
  };
}
