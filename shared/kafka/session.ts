/**
 * A connection to Kafka on which all topics exist. The producer and the consumer start with one.
 *
 * @module
 */
import { saslMismatch, tlsMismatch } from "../diagnosis/kafka_port.ts";
import { PermanentError, TransientError } from "../errors.ts";
import type { Log } from "../observe/log.ts";
import { addressOf } from "./address.ts";
import type { KafkaSettings } from "./client.ts";
import { KafkaCluster } from "./cluster.ts";
import { createMissingTopics } from "./create_topics.ts";
import { kafkaError } from "./errors.ts";
import { kafkaLog } from "./kafkajs/log.ts";
import { explorePort } from "./probe.ts";

/** Disposing of a session closes `cluster`. */
export interface KafkaSession extends Disposable {
  readonly cluster: KafkaCluster;
  /** Returns further connections with the same settings. The caller disposes of them. */
  openCluster(): KafkaCluster;
  /** Topics that were missing and have been created. */
  readonly created: readonly string[];
}

export interface SessionOptions {
  readonly clientId: string;
  readonly topics: readonly string[];
  readonly log: Log;
  /** Called on each connection error while the session is open. */
  readonly onConnectionError: (error: TransientError) => void;
}

/**
 * Connects, and creates the topics that are missing. Makes one attempt.
 *
 * @throws {PermanentError} for wrong credentials, an untrusted certificate, or a topic that the account is not allowed to create
 * @throws {TransientError} if the brokers are unavailable or not ready
 */
export async function openKafka(settings: KafkaSettings, options: SessionOptions): Promise<KafkaSession> {
  let isOpen = false;
  const log = kafkaLog(options.log, (message) => {
    const cause = message.replace(/^Connection error: /, "");
    const failure = {
      action: "Lost a connection to Kafka",
      code: "KAFKA_CONNECTION_FAILED",
      cause,
      remedy: "",
    };
    if (isOpen) options.onConnectionError(new TransientError(failure, "connection"));
  });
  const openCluster = () => new KafkaCluster(settings, options.clientId, log);
  const cluster = openCluster();
  const brokers = settings.KAFKA_BOOTSTRAP_SERVERS.join(",");
  try {
    await cluster.any();
    const created = await createMissingTopics(cluster, options.topics, settings);
    isOpen = true;
    return { cluster, openCluster, created, [Symbol.dispose]: () => cluster[Symbol.dispose]() };
  } catch (error) {
    cluster[Symbol.dispose]();
    if (error instanceof PermanentError || error instanceof TransientError) throw error;
    throw await detectProtocolMismatch(settings) ??
      kafkaError(`Cannot connect to Kafka at ${brokers}`, error, settings);
  }
}

/** Probes the bootstrap servers. Returns an error if a port requires another security protocol or SASL mechanism than is configured. */
async function detectProtocolMismatch(settings: KafkaSettings): Promise<PermanentError | undefined> {
  for (const address of settings.KAFKA_BOOTSTRAP_SERVERS) {
    const port = await explorePort(addressOf(address));
    const mismatch = port &&
      (tlsMismatch(settings, port, address) ?? saslMismatch(settings, port.mechanisms));
    if (mismatch) return new PermanentError({ action: `Cannot connect to Kafka at ${address}`, ...mismatch });
  }
  return undefined;
}
