/**
 * The producer's life: Kafka waited for, topics made, records made and sent until it is stopped or has sent its count.
 *
 * @module
 */
import { kafkaError } from "../shared/kafka/errors.ts";
import { produceClient } from "../shared/kafka/produce_client.ts";
import { openKafka } from "../shared/kafka/session.ts";
import { aborted, pause } from "../shared/lifecycle.ts";
import { Availability } from "../shared/observe/availability.ts";
import { createEmitter } from "../shared/observe/events.ts";
import { serveProbes } from "../shared/observe/http.ts";
import type { Log } from "../shared/observe/log.ts";
import { retryUntilAvailable } from "../shared/retry.ts";
import type { Settings } from "../shared/settings/table.ts";
import type { Stream } from "../shared/stream.ts";
import { loadStreams } from "../shared/streams.ts";
import { EVENTS } from "./events.ts";
import { Generator } from "./generator.ts";
import { generated, registry, sent } from "./metrics.ts";
import { RateLimiter } from "./rate_limiter.ts";
import { Sender } from "./sender.ts";

/** Records made at one go, before the event loop gets its turn. */
const BURST = 2_000;
/** Longest pause: a timer of more than 2³¹ ms would end at once. */
const MAX_PAUSE_MS = 60_000;
/** How long a stop may wait for Kafka to acknowledge what was made. */
const DRAIN_MS = 8_000;

/**
 * Produces until `signal` aborts or `PRODUCER_COUNT` records are sent.
 *
 * @throws {PermanentError} where a person has to mend something; {@link SettingsError} where it is a setting
 * @throws {Error} where records that were made could not be sent before the stop
 */
export async function runProducer(
  settings: Settings,
  warnings: readonly string[],
  log: Log,
  signal: AbortSignal,
): Promise<void> {
  const tell = createEmitter(EVENTS, log);
  for (const text of warnings) tell("settings_warning", { text });
  const streams = await loadStreams(settings.STREAMS, settings.KAFKA_TOPIC_PREFIX);
  const availability = new Availability("producer", ["Kafka"], log, registry);
  await using _probes = serveProbes(settings, { problems: () => availability.problems(), registry });
  tell("started", {
    streams: streams.map(({ name }) => name),
    brokers: settings.KAFKA_BOOTSTRAP_SERVERS,
    rate: settings.PRODUCER_RATE,
    count: settings.PRODUCER_COUNT,
  });
  const connected = await retryUntilAvailable("Kafka", availability, signal, () =>
    openKafka(settings, {
      clientId: "producer",
      topics: streams.map(({ topic }) => topic),
      log,
      onConnectionError: (error) => availability.down("Kafka", error, error.kind),
    }));
  if (!connected) return tell("stopped", { sent: 0 });
  using session = connected;
  for (const topic of session.created) tell("created", { what: `topic ${topic}` });

  using sender = new Sender({
    client: produceClient(session.cluster),
    topics: streams.map(({ topic }) => topic),
    settings,
    availability,
    tell,
  });
  await retryUntilAvailable("Kafka", availability, signal, async () => {
    try {
      await sender.start();
    } catch (error) {
      throw kafkaError("Cannot start to produce", error, settings);
    }
  });
  const total = async () => (await sent.get()).values.reduce((sum, { value }) => sum + value, 0);
  let before = 0;
  const summary = setInterval(async () => {
    const now = await total();
    tell("summary", {
      sent: now,
      rate: (now - before) / settings.LOG_SUMMARY_SECONDS,
      buffered: sender.buffered,
    });
    before = now;
  }, settings.LOG_SUMMARY_SECONDS * 1000);
  try {
    await Promise.race([produce(settings, streams, sender, signal), sender.failed]);
    // A count that is reached may wait as long as it takes; a stop may not.
    const deadline = aborted(signal).then(() => pause(DRAIN_MS));
    await Promise.race([sender.flush(), sender.failed, deadline]);
    if (sender.buffered > 0) {
      throw new Error(
        `${sender.buffered} records were made and Kafka did not acknowledge them in time: they may be lost.`,
      );
    }
  } finally {
    clearInterval(summary);
  }
  tell("stopped", { sent: await total() });
}

/** Makes records at the rate that is asked for, as long as there is room for them. */
async function produce(
  settings: Settings,
  streams: readonly Stream[],
  sender: Sender,
  signal: AbortSignal,
): Promise<void> {
  const generators = streams.map((stream) => ({
    topic: stream.topic,
    generator: new Generator(stream, settings),
  }));
  const pace = new RateLimiter(settings.PRODUCER_RATE, performance.now());
  let left = settings.PRODUCER_COUNT || Infinity;
  let turn = 0;
  while (left > 0 && !signal.aborted) {
    const room = settings.PRODUCER_BUFFER_RECORDS - sender.buffered;
    if (room <= 0) {
      await sender.below(settings.PRODUCER_BUFFER_RECORDS, signal);
      continue;
    }
    const due = pace.acquire(performance.now(), Math.min(room, left, BURST));
    const added = addRecords(generators, sender, due, turn);
    turn += due;
    left -= added;
    sender.poll();
    const now = performance.now();
    const isFast = due === BURST && added > 0;
    const idle = isFast ? 0 : Math.max(1, Math.min(pace.wait(now), sender.dueIn(), MAX_PAUSE_MS));
    await pause(idle, signal);
  }
}

/** A stream's generator, and its topic. */
interface TopicGenerator {
  readonly topic: string;
  readonly generator: Generator;
}

/** Generates `count` records, of one stream after the other, and adds those that the sender accepts. @returns how many */
function addRecords(
  generators: readonly TopicGenerator[],
  sender: Sender,
  count: number,
  turn: number,
): number {
  const timestamp = Date.now();
  const accepts = generators.map(({ topic }) =>
    sender.queues.isPartlyStuck ? (key: string) => sender.queues.accepts(topic, key) : undefined
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
  return added.reduce((sum, records) => sum + records, 0);
}
