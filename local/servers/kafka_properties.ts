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
  /** Kafka's own tools, and other brokers; always plaintext. */
  admin: Listener;
  /** The broker itself, as its own controller, and other controllers: `host:port`. */
  controller: string;
}

/** One broker of a cluster. */
export interface ClusterNode {
  /** From 1 on. */
  id: number;
  /** The same for all. */
  clusterId: string;
  /** Where the controllers are found, by the ids of their nodes: `host:port`, in their order. */
  controllers: string[];
}

/**
 * Properties of a broker that is a controller, too (KRaft), small enough for tests and durable across restarts. What
 * `options.properties` says wins.
 *
 * @param node Its place in a cluster; a cluster of one when not given.
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
    // As hosted Kafkas have it: a topic that nobody made is an error.
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
    // A broker that comes back after a crash is let in again when its old session is over.
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": "500",
    // Nobody else is about to join.
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
