import type { KafkaOptions } from "./types.ts";

/** An address of the broker: where it listens, and the name that it tells clients. */
export interface Listener {
  /** `host:port` to listen on. */
  listen: string;
  /** `host:port` that clients are told. */
  advertised: string;
}

/** Where the broker is found, by whom. */
export interface KafkaListeners {
  /** Clients on this machine. */
  client: Listener;
  /** Containers of the same Docker network. */
  network?: Listener;
  /** Clients that come through a proxy. */
  proxy?: Listener;
  /** Kafka's own tools; always plaintext. */
  admin: Listener;
  /** The broker itself, as its own controller: `host:port`. */
  controller: string;
}

/**
 * Properties of a broker of one node that is its own controller (KRaft), small enough for tests and durable across
 * restarts. What `options.properties` says wins.
 */
export function kafkaProperties(
  listeners: KafkaListeners,
  dataFolder: string,
  options: KafkaOptions,
): Record<string, string> {
  const protocol = options.securityProtocol ?? "PLAINTEXT";
  const clients = {
    CLIENT: listeners.client,
    ...listeners.network && { NETWORK: listeners.network },
    ...listeners.proxy && { PROXY: listeners.proxy },
    ADMIN: listeners.admin,
  };
  return {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.quorum.voters": `1@${listeners.controller}`,
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "ADMIN",
    "listeners": [
      ...Object.entries(clients).map(([name, { listen }]) => `${name}://${listen}`),
      `CONTROLLER://${listeners.controller}`,
    ].join(","),
    "advertised.listeners": Object.entries(clients)
      .map(([name, { advertised }]) => `${name}://${advertised}`).join(","),
    "listener.security.protocol.map":
      `CLIENT:${protocol},NETWORK:${protocol},PROXY:${protocol},ADMIN:PLAINTEXT,CONTROLLER:PLAINTEXT`,
    "log.dirs": dataFolder,
    // As hosted Kafkas have it: a topic that nobody made is an error.
    "auto.create.topics.enable": "false",
    "default.replication.factor": "1",
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    // A broker that comes back after a crash is let in again when its old session is over.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    // Nobody else is about to join.
    "group.initial.rebalance.delay.ms": "0",
    "log.cleaner.dedupe.buffer.size": `${16 * 1024 * 1024}`,
    ...options.properties,
  };
}
