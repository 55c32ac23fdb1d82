/**
 * Runs the producer: waits for Kafka, creates missing topics, and generates and sends records until stopped or `PRODUCER_COUNT` are sent.
 *
 * @module
 */
import { TransientError } from "../shared/errors.ts";
import { kafkaError } from "../shared/kafka/errors.ts";
import { produceClient } from "../shared/kafka/produce_client.ts";
import { openKafka } from "../shared/kafka/session.ts";
import { aborted, pause } from "../shared/lifecycle.ts";
import { Availability } from "../shared/observe/availability.ts";
import { createEmitter } from "../shared/observe/events.ts";
import { serveProbes } from "../shared/observe/http.ts";
import type { Log } from "../shared/observe/log.ts";
import { startSummaries } from "../shared/observe/summaries.ts";
import { retryUntilAvailable } from "../shared/retry.ts";
import type { Settings } from "../shared/settings/table.ts";
import { loadSelectedStreams } from "../shared/streams.ts";
import { EVENTS } from "./events.ts";
import { Generator } from "./generator.ts";
import { buffered, generated, registry, sent } from "./metrics.ts";
import { RateLimiter } from "./rate_limiter.ts";
import { Sender } from "./sender.ts";

/** Maximum number of records generated before the event loop runs. */
const BURST_MAX = 2_000;
/** Timers of more than 2³¹ ms fire at once. */
const PAUSE_MAX_MS = 60_000;
/** Time to wait for acknowledgements on shutdown. */
const DRAIN_TIMEOUT_MS = 8_000;

/**
 * Produces until `signal` aborts or `PRODUCER_COUNT` records are sent.
 *
 * @throws {PermanentError} on an error that needs operator action; {@link SettingsError} if a setting is invalid
 * @throws {TransientError} if records were not acknowledged before the shutdown timeout
 */
export async function runProducer(
  settings: Settings,
  warnings: readonly string[],
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const emit = createEmitter(EVENTS, log);
  for (const text of warnings) emit("settings_warning", { text });
  const all = await loadSelectedStreams(settings);
  const streams = all.filter(({ consumeOnly }) => !consumeOnly);
  for (const { name } of all.filter(({ consumeOnly }) => consumeOnly)) {
    emit("stream_skipped", { stream: name });
  }
  if (streams.length === 0) {
    await waitForStop(settings, signal);
    return emit("stopped", { sent: 0 });
  }
  const generators = streams.map((stream) => ({
    topic: stream.topic,
    generator: new Generator(stream, settings),
  }));
  const topics = streams.map(({ topic }) => topic);
  const availability = new Availability("producer", ["Kafka"], log, registry);
  await using _probes = serveProbes(settings, { problems: () => availability.problems(), registry });
  emit("started", {
    streams: streams.map(({ name }) => name),
    brokers: settings.KAFKA_BOOTSTRAP_SERVERS,
    rate: settings.PRODUCER_RATE,
    count: settings.PRODUCER_COUNT,
  });
  const connected = await retryUntilAvailable("Kafka", availability, signal, () =>
    openKafka(settings, {
      clientId: "producer",
      topics,
      log,
      onConnectionError: (error) => availability.down("Kafka", error, error.kind),
    }));
  if (!connected) return emit("stopped", { sent: 0 });
  using session = connected;
  for (const topic of session.created) emit("created", { what: `topic ${topic}` });

  using sender = new Sender({ client: produceClient(session.cluster), topics, settings, availability, emit });
  await retryUntilAvailable("Kafka", availability, signal, async () => {
    try {
      await sender.start();
    } catch (error) {
      throw kafkaError("Cannot start to produce", error, settings);
    }
  });
  using _summaries = startSummaries(settings.LOG_SUMMARY_SECONDS, {
    read: async () => ({ sent: await totalSent(), buffered: sender.buffered }),
    countOf: ({ sent }) => sent,
    emit: (summary) => emit("summary", summary),
  });
  await Promise.race([produce(settings, generators, sender, signal), sender.failed]);
  await Promise.race([sender.flush(), sender.failed, drainTimeout(signal)]);
  if (sender.buffered > 0) {
    const cause = `shutdown timeout: ${sender.buffered} records not acknowledged by Kafka; they may be lost`;
    throw new TransientError({ code: "SHUTDOWN_TIMEOUT", cause, remedy: "" }, "timeout");
  }
  emit("stopped", { sent: await totalSent() });
}

/** Without a stream to produce: waits and responds to probes, so that the service is not restarted. */
async function waitForStop(settings: Settings, signal: AbortSignal): Promise<void> {
  await using _probes = serveProbes(settings, { problems: () => [], registry });
  if (settings.PRODUCER_COUNT === 0) await aborted(signal);
}

/** Resolves {@link DRAIN_TIMEOUT_MS} after `signal` aborts: never after `PRODUCER_COUNT` is reached without a signal. */
const drainTimeout = (signal: AbortSignal) => aborted(signal).then(() => pause(DRAIN_TIMEOUT_MS));

const totalSent = async () => (await sent.get()).values.reduce((sum, { value }) => sum + value, 0);

/** Generates records at `PRODUCER_RATE`, or less if the buffer is full. */
async function produce(
  settings: Settings,
  generators: readonly TopicGenerator[],
  sender: Sender,
  signal: AbortSignal,
): Promise<void> {
  const limiter = new RateLimiter(settings.PRODUCER_RATE, performance.now());
  let left = settings.PRODUCER_COUNT || Infinity;
  let turn = 0;
  while (left > 0 && !signal.aborted) {
    const capacity = settings.PRODUCER_BUFFER_RECORDS - sender.buffered;
    if (capacity <= 0) {
      await sender.waitForCapacity(settings.PRODUCER_BUFFER_RECORDS - 1, signal);
      continue;
    }
    const due = limiter.acquire(performance.now(), Math.min(capacity, left, BURST_MAX));
    const added = addRecords(generators, sender, due, turn);
    turn += due;
    left -= added;
    const isBurst = due === BURST_MAX && added > 0;
    const wait = isBurst ? 0 : Math.max(1, Math.min(limiter.msUntilDue(performance.now()), PAUSE_MAX_MS));
    await pause(wait, signal);
  }
}

interface TopicGenerator {
  readonly topic: string;
  readonly generator: Generator;
}

/**
 * Generates `count` records, alternating between the streams, and adds those whose partitions accept them.
 *
 * @returns the number of records added
 */
function addRecords(
  generators: readonly TopicGenerator[],
  sender: Sender,
  count: number,
  turn: number,
): number {
  const timestamp = Date.now();
  const accepts = generators.map(({ topic }) =>
    sender.queues.isPartlyStuck ? (key: string | null) => sender.queues.accepts(topic, key) : undefined
  );
  const added = generators.map(() => 0);
  for (let n = 0; n < count; n++) {
    const index = (turn + n) % generators.length;
    const { topic, generator } = generators[index]!;
    const record = generator.next(accepts[index]);
    if (record === undefined) continue;
    sender.add(topic, record, timestamp);
    added[index]!++;
  }
  generators.forEach(({ topic }, index) => generated.inc({ topic }, added[index]));
  buffered.set(sender.buffered);
  return added.reduce((sum, records) => sum + records, 0);
}
