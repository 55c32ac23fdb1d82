/**
 * Runs the dashboard: polls the database, the services and Kafka at intervals, however many pages are open.
 *
 * @module
 */
import { aborted, pause } from "../shared/lifecycle.ts";
import { Availability } from "../shared/observe/availability.ts";
import { serveProbes } from "../shared/observe/http.ts";
import type { Log } from "../shared/observe/log.ts";
import type { Settings } from "../shared/settings/table.ts";
import { loadSelectedStreams } from "../shared/streams.ts";
import { Reader } from "./database/reader.ts";
import { PROGRESS_TABLES } from "./database/own_tables.ts";
import { CONCURRENT_SEARCHES, SearchPool } from "./database/search_pool.ts";
import { DatabasePoller } from "./database/database_poller.ts";
import { pollDuration, registry, viewers } from "./metrics.ts";
import { DashboardState } from "./dashboard_state.ts";
import { OffsetsPoller } from "./kafka/offsets_poller.ts";
import { checkMetricsUrls } from "./services/metrics_urls.ts";
import { ServicesPoller } from "./services/services_poller.ts";
import { AllowedHosts } from "./web/allowed_hosts.ts";
import { loadAssets } from "./web/assets.ts";
import { Broadcast } from "./web/broadcast.ts";
import { servePage } from "./web/server.ts";

/** Minimum interval of reading Kafka's offsets: one metadata request, and three requests to each broker. */
const KAFKA_POLL_MS = 2_000;

/**
 * Serves the page until `signal` aborts. Failures of the database and the services are shown and retried.
 *
 * @throws {PermanentError} if the page was not built or its port is in use
 * @throws {SettingsError} if a setting is invalid
 */
export async function runDashboard(
  settings: Settings,
  warnings: readonly string[],
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  for (const text of warnings) log("warn", "settings_warning", text);
  checkMetricsUrls(settings.DASHBOARD_SERVICES);
  const hosts = new AllowedHosts(settings.DASHBOARD_ALLOWED_HOSTS);
  const streams = await loadSelectedStreams(settings);
  const assets = await loadAssets();
  const availability = new Availability("dashboard", ["PostgreSQL"], log, registry);
  const warned = new Set<string>();
  const connection = () =>
    new Reader(settings, {
      tables: [...streams.map(({ table }) => table), ...PROGRESS_TABLES],
      onWarning: (event, text) => {
        if (!warned.has(text)) log("warn", event, text);
        warned.add(text);
      },
    });
  await using reader = connection();
  await using searches = new SearchPool(Array.from({ length: CONCURRENT_SEARCHES }, connection));
  const database = new DatabasePoller(reader, searches, availability, streams, settings.CONSUMER_GROUP_ID);
  const services = new ServicesPoller(settings.DASHBOARD_SERVICES);
  using offsets = new OffsetsPoller(settings, streams.map(({ topic }) => topic), log);
  const state = new DashboardState(streams, database, services, offsets);
  const broadcast = new Broadcast(() => state.snapshot(), (count) => viewers.set(count));
  await using _probes = serveProbes(settings, {
    problems: () => availability.problems(),
    registry,
    accepts: (request) => hosts.accepts(request),
  });
  await using _page = servePage(settings, hosts, {
    assets,
    events: (address) => broadcast.open(address),
    viewers: (address) => broadcast.viewers(address),
    history: (stream) => state.history(stream),
    rowsOfKey: (stream, key) => state.rowsOfKey(stream, key),
  });
  const { DASHBOARD_HOST: host, DASHBOARD_PORT: port } = settings;
  const url = `http://${["0.0.0.0", "::"].includes(host) ? "localhost" : host}:${port}`;
  log("info", "started", `Dashboard: ${url}`, { url, streams: streams.map(({ name }) => name) });

  // Three loops, so that the charts continue if the database or Kafka does not respond.
  await Promise.all([
    repeat(
      settings.DASHBOARD_POLL_MS,
      signal,
      "database",
      async () => state.applyDatabasePoll(await database.poll()),
    ),
    repeat(settings.DASHBOARD_POLL_MS, signal, "services", async () => {
      state.applyServicesPoll(await services.poll());
      broadcast.publish(state.update());
    }),
    // A request to a broker that does not respond takes longer than a stop may take.
    Promise.race([
      repeat(Math.max(settings.DASHBOARD_POLL_MS, KAFKA_POLL_MS), signal, "kafka", () => offsets.poll()),
      aborted(signal),
    ]),
  ]);
  // Before the server stops, which waits until all pages have disconnected.
  broadcast.close();
  log("info", "stopped", "Stopped.");
}

/** Runs `work` every `ms`, from start to start, until `signal` aborts. */
async function repeat(
  ms: number,
  signal: AbortSignal,
  source: string,
  work: () => Promise<void>,
): Promise<void> {
  while (!signal.aborted) {
    const started = performance.now();
    await work();
    const durationMs = performance.now() - started;
    pollDuration.observe({ source }, durationMs / 1000);
    // Slow polls: pauses as long as a poll takes, at most `ms`, to limit the load.
    await pause(Math.max(ms - durationMs, Math.min(durationMs, ms)), signal);
  }
}
