/**
 * The servers that all scenarios of a test run share.
 *
 * @module
 */
import type { StartedNetwork } from "testcontainers";
import {
  isDockerAvailable,
  type KafkaServer,
  type PostgresServer,
  startKafka,
  startPostgres,
} from "../../local/servers/mod.ts";
import type { Proxies } from "./proxy.ts";
import type { ServiceKind } from "./service.ts";
import { tcpProxies } from "./tcp_proxy.ts";

export interface SharedServers {
  readonly kafka: KafkaServer;
  readonly postgres: PostgresServer;
  /** Docker network of servers and services; only with containers. */
  readonly network?: StartedNetwork;
  /** Proxies between services and servers. */
  readonly proxies: Proxies;
}

/**
 * How services run, by `INTEGRATION_SERVICES`: `process`, `container`, or `auto` (the default): in containers if the servers run
 * in containers.
 */
export const SERVICE_KIND: ServiceKind = await readServiceKind();

/** Broker properties that make scenarios short: dead members are detected and topics compacted within a second or two. */
export const BROKER_PROPERTIES = {
  "group.min.session.timeout.ms": "1000",
  "log.cleaner.backoff.ms": "500",
};

let servers: SharedServers | undefined;

/** @throws {Error} outside of a test: the servers are started before the first one */
export function sharedServers(): SharedServers {
  if (!servers) throw new Error("The servers are not running: call sharedServers() in a test");
  return servers;
}

Deno.test.beforeAll(async () => {
  const network = SERVICE_KIND === "container" ? await startNetwork() : undefined;
  const proxies = network ? (await import("./toxiproxy.ts")).toxiproxies(network) : tcpProxies();
  const options = {
    ...network && { kind: "container" as const, network },
    onProgress: (message: string) => console.log(message),
  };
  const start = performance.now();
  const [kafka, postgres] = await Promise.allSettled([
    startKafka({ ...options, properties: BROKER_PROPERTIES, proxy: proxies.kafkaAddress }),
    startPostgres(options),
  ]);
  if (kafka.status === "rejected" || postgres.status === "rejected") {
    for (const server of [kafka, postgres]) {
      if (server.status === "fulfilled") await server.value[Symbol.asyncDispose]();
      else console.error(server.reason);
    }
    await network?.stop();
    throw new Error("The servers could not be started");
  }
  servers = { kafka: kafka.value, postgres: postgres.value, proxies, ...network && { network } };
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    `Kafka and PostgreSQL (${servers.kafka.kind}) started in ${seconds} s. Services: ${SERVICE_KIND}.`,
  );
});

Deno.test.afterAll(async () => {
  if (!servers) return;
  const { kafka, postgres, proxies, network } = servers;
  servers = undefined;
  await Promise.all([kafka, postgres, proxies].map((part) => part[Symbol.asyncDispose]()));
  await network?.stop();
});

async function startNetwork(): Promise<StartedNetwork> {
  const { Network } = await import("testcontainers");
  return await new Network().start();
}

async function readServiceKind(): Promise<ServiceKind> {
  const wanted = Deno.env.get("INTEGRATION_SERVICES") ?? "";
  switch (wanted) {
    case "process":
    case "container":
      return wanted;
    case "":
    case "auto": {
      const embedded = Deno.env.get("INTEGRATION_SERVERS") === "embedded";
      return !embedded && await isDockerAvailable() ? "container" : "process";
    }
    default:
      throw new Error(`INTEGRATION_SERVICES is "${wanted}", but must be "process", "container" or "auto"`);
  }
}
