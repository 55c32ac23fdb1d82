import type { KafkaOptions } from "./types.ts";

export interface Listener {
  /** `host:port` to bind. */
  listen: string;
  /** `host:port` for clients. */
  advertised: string;
}

export interface KafkaListeners {
  /** Clients on this machine. */
  client: Listener;
  /** Containers of the same Docker network. */
  network?: Listener;
  /** Clients that connect through a proxy. */
  proxy?: Listener;
  /** Kafka's own tools, and other brokers; always plaintext. */
  admin: Listener;
  /** The broker itself, as its own controller, and other controllers: `host:port`. */
  controller: string;
}

/** One broker of a cluster. */
export interface ClusterNode {
  /** From 1. */
  id: number;
  /** Common to all brokers. */
  clusterId: string;
  /** `host:port` of the controllers, in the order of the node ids. */
  controllers: string[];
}

/**
 * Properties of a combined broker and controller (KRaft), small enough for tests and durable across restarts.
 * `options.properties` overrides them.
 *
 * @param node the broker's place in its cluster; default: a cluster of one
 */
export function kafkaProperties(
  listeners: KafkaListeners,
  dataFolder: string,
  options: KafkaOptions,
  node: Omit<ClusterNode, "clusterId"> = { id: 1, controllers: [listeners.controller] },
): Record<string, string> {
  const protocol = options.securityProtocol ?? "PLAINTEXT";
  const replicas = `${node.controllers.length}`, majority = `${Math.ceil((node.controllers.length + 1) / 2)}`;
  const clients = {
    CLIENT: listeners.client,
    ...listeners.network && { NETWORK: listeners.network },
    ...listeners.proxy && { PROXY: listeners.proxy },
    ADMIN: listeners.admin,
  };
  return {
    "process.roles": "broker,controller",
    "node.id": `${node.id}`,
    "controller.quorum.voters": node.controllers.map((address, i) => `${i + 1}@${address}`).join(","),
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
    // As in hosted services: a missing topic is an error.
    "auto.create.topics.enable": "false",
    "default.replication.factor": replicas,
    "min.insync.replicas": majority,
    "offsets.topic.replication.factor": replicas,
    "offsets.topic.num.partitions": "1",
    "transaction.state.log.replication.factor": replicas,
    "transaction.state.log.min.isr": majority,
    "transaction.state.log.num.partitions": "1",
    "share.coordinator.state.topic.replication.factor": replicas,
    "share.coordinator.state.topic.min.isr": majority,
    // A crashed broker can register again only after its previous session has expired.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    // No delay for further members.
    "group.initial.rebalance.delay.ms": "0",
    "log.cleaner.dedupe.buffer.size": `${16 * 1024 * 1024}`,
    ...options.properties,
  };
}

/** A random UUID as Kafka writes it: 22 characters of URL-safe Base64. */
export function newClusterId(): string {
  const id = crypto.getRandomValues(new Uint8Array(16)).toBase64({
    alphabet: "base64url",
    omitPadding: true,
  });
  // A leading dash would look like an option of the storage tool.
  return id.startsWith("-") ? newClusterId() : id;
}
