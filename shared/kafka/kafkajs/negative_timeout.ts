/**
 * Silences a warning of the platform that kafkajs' request queue causes all the time and that means nothing.
 *
 * @module
 */
import process from "node:process";

let quiet = false;

/** Drops `TimeoutNegativeWarning` (kafkajs asks for a timer in the past when no broker throttles it); others pass. */
export function suppressNegativeTimeoutWarning(): void {
  if (quiet) return;
  quiet = true;
  const emit = process.emitWarning.bind(process) as (warning: unknown, ...rest: unknown[]) => void;
  process.emitWarning = ((warning: unknown, ...rest: unknown[]) => {
    if (rest[0] !== "TimeoutNegativeWarning") emit(warning, ...rest);
  }) as typeof process.emitWarning;
}
