/**
 * A connected client of Kafka with its topics there: what both services begin with.
 *
 * @module
 */
import type { Admin, Kafka } from "kafkajs";
import { permanentError } from "../diagnosis/diagnosis.ts";
import { saslMismatch, tlsMismatch } from "../diagnosis/kafka_port.ts";
import { PermanentError, TransientError } from "../errors.ts";
import { pause } from "../lifecycle.ts";
import type { Log } from "../observe/log.ts";
import { addressOf } from "./address.ts";
import { KafkaCluster } from "./cluster.ts";
import { kafkaClient, type KafkaSettings } from "./connection.ts";
import { ensureTopics } from "./create_topics.ts";
import { kafkaError } from "./errors.ts";
import { kafkaLog } from "./kafkajs/log.ts";
import { explorePort } from "./probe.ts";
import { suppressNegativeTimeoutWarning } from "./kafkajs/negative_timeout.ts";
import { closeConnectionOnRequestTimeout } from "./kafkajs/request_timeout.ts";

/** A connected client. */
export interface KafkaSession extends AsyncDisposable {
  readonly kafka: Kafka;
  readonly admin: Admin;
  /** For requests of our own: metadata, watermarks. Connects when it is first used. */
  readonly cluster: KafkaCluster;
  /** More connections of the same kind; the caller disposes of them. */
  openCluster(): KafkaCluster;
  /** Topics that were missing and have been created. */
  readonly created: readonly string[];
}

/** The mistake when the port of a broker wants another security protocol or SASL mechanism than the settings have. */
async function detectProtocolMismatch(settings: KafkaSettings): Promise<PermanentError | undefined> {
  for (const address of settings.KAFKA_BOOTSTRAP_SERVERS) {
    const port = await explorePort(addressOf(address));
    const found = port && (tlsMismatch(settings, port, address) ?? saslMismatch(settings, port.mechanisms));
    if (found) return permanentError(`Cannot connect to Kafka at ${address}`, found);
  }
  return undefined;
}

/** What a session is opened with. */
export interface SessionOptions {
  readonly clientId: string;
  readonly topics: readonly string[];
  readonly log: Log;
  /** How often the client itself tries again, once it is connected. */
  readonly retries: number;
  /** Hears of each connection that fails while the session lives. */
  readonly onTrouble: (message: string) => void;
}

/**
 * Connects, and creates the topics that are missing. One attempt; {@link untilItWorks} makes it several.
 *
 * @throws {PermanentError} wrong credentials, an untrusted certificate, a topic that may not be created
 * @throws {TransientError} brokers that are away or not ready
 */
export async function openKafka(settings: KafkaSettings, options: SessionOptions): Promise<KafkaSession> {
  suppressNegativeTimeoutWarning();
  closeConnectionOnRequestTimeout();
  let open = false;
  const onTrouble = (message: string) => open && options.onTrouble(message);
  const log = kafkaLog(options.log, onTrouble);
  const kafka = kafkaClient(settings, options.clientId, log, options.retries);
  // A client of its own, since what is wrong at the start is to be said at once.
  const admin = kafkaClient(settings, options.clientId, log).admin();
  const openCluster = () => new KafkaCluster(settings, options.clientId, log);
  const cluster = openCluster();
  // kafkajs waits for what a broker that is away still owes it.
  const close = async () => {
    cluster[Symbol.dispose]();
    const limit = new AbortController();
    await Promise.race([admin.disconnect().catch(() => {}), pause(1_000, limit.signal)]);
    limit.abort();
  };
  const brokers = settings.KAFKA_BOOTSTRAP_SERVERS.join(",");
  try {
    await admin.connect();
    const created = await ensureTopics(cluster, options.topics, settings);
    open = true;
    return { kafka, admin, cluster, openCluster, created, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    if (error instanceof PermanentError || error instanceof TransientError) throw error;
    throw await detectProtocolMismatch(settings) ??
      kafkaError(`Cannot connect to Kafka at ${brokers}`, error, settings);
  }
}
