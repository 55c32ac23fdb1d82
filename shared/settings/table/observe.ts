import type { Setting } from "../setting.ts";
import { integer, oneOf, text } from "../types.ts";

/** Settings of health checks, metrics and logs. */
export const OBSERVE = {
  HTTP_HOST: {
    group: "http",
    type: text,
    default: "127.0.0.1",
    help: "Listen address of /healthz, /readyz and /metrics",
  },
  HTTP_PORT: {
    group: "http",
    type: integer(0, 65_535),
    default: "0",
    help: "Port of /healthz, /readyz and /metrics; 0 = disabled",
  },
  ON_CONFIGURATION_ERROR: {
    group: "http",
    type: oneOf("exit", "hold"),
    default: "exit",
    help:
      "exit: exit with code 2; hold: keep running but not ready until stopped, with the error on /readyz and in the log",
  },
  LOG_LEVEL: {
    group: "log",
    type: oneOf("debug", "info", "warn", "error"),
    default: "info",
    help: "debug, info, warn or error",
  },
  LOG_FORMAT: {
    group: "log",
    type: oneOf("auto", "json", "text"),
    default: "auto",
    help: "json, text, or auto: text on a terminal, otherwise json",
  },
  LOG_SUMMARY_SECONDS: {
    group: "summary",
    type: integer(1, 86_400),
    default: "10",
    help: "Interval of summary lines, in seconds",
  },
} satisfies Record<string, Setting>;
