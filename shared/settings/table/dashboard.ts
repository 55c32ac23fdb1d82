import type { Setting } from "../setting.ts";
import { integer, optionalList, text } from "../types.ts";

/** Settings of the dashboard. */
export const DASHBOARD = {
  DASHBOARD_HOST: {
    group: "dashboard",
    type: text,
    default: "127.0.0.1",
    help: "Listen address of the page",
  },
  DASHBOARD_PORT: {
    group: "dashboard",
    type: integer(1, 65_535),
    default: "8080",
    help: "Port of the page",
  },
  DASHBOARD_SERVICES: {
    group: "dashboard",
    type: optionalList,
    default: "",
    help: "Metrics URLs of producers and consumers, http://host:port/metrics, comma-separated; " +
      "all addresses of a host name are scraped",
  },
  DASHBOARD_POLL_MS: {
    group: "dashboard",
    type: integer(100, 60_000),
    default: "1000",
    help: "Poll interval of the database and the services, independent of the number of viewers",
  },
  DASHBOARD_MAX_VIEWERS: {
    group: "dashboard",
    oldName: "DASHBOARD_VIEWERS",
    type: integer(1, 100_000),
    default: "500",
    help: "Maximum viewers at a time",
  },
  DASHBOARD_MAX_VIEWERS_PER_ADDRESS: {
    group: "dashboard",
    oldName: "DASHBOARD_VIEWERS_PER_ADDRESS",
    type: integer(1, 100_000),
    default: "50",
    help: "Maximum viewers per IP address; behind a reverse proxy, all viewers have the address of the proxy",
  },
  DASHBOARD_ALLOWED_HOSTS: {
    group: "dashboard",
    type: optionalList,
    default: "",
    help:
      "Host names that the page can be opened under besides localhost, IP addresses and its name in Compose, " +
      "comma-separated",
  },
} satisfies Record<string, Setting>;
