/**
 * The servers that all scenarios of a run share.
 *
 * @module
 */
import type { StartedNetwork } from "testcontainers";
import {
  dockerAvailable,
  type KafkaServer,
  type PostgresServer,
  startKafka,
  startPostgres,
} from "../../local/servers/mod.ts";
import type { Proxies } from "./proxy.ts";
import type { ServiceKind } from "./service.ts";
import { tcpProxies } from "./tcp_proxy.ts";

/** The shared servers. */
export interface SharedServers {
  readonly kafka: KafkaServer;
  readonly postgres: PostgresServer;
  /** The Docker network of servers and services; only with containers. */
  readonly network?: StartedNetwork;
  /** Proxies between services and servers. */
  readonly proxies: Proxies;
}

/**
 * What `INTEGRATION_SERVICES` says: `process`, `container`, or `auto` (when not set): containers where servers are containers,
 * too.
 */
export const SERVICE_KIND: ServiceKind = await readServiceKind();

/** Broker properties that let scenarios be short: the death of a member is noticed and a topic compacted after a second or two. */
export const BROKER_PROPERTIES = {
  "group.min.session.timeout.ms": "1000",
  "log.cleaner.backoff.ms": "500",
};

let world: SharedServers | undefined;

/** The servers. Only to be called in tests: they are started before the first one. */
export function sharedServers(): SharedServers {
  if (!world) throw new Error("The servers are not up: call this in a test");
  return world;
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
  world = { kafka: kafka.value, postgres: postgres.value, proxies, ...network && { network } };
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.log(
    `Kafka and PostgreSQL (${world.kafka.kind}) up in ${seconds} s; services run as ${SERVICE_KIND}.`,
  );
});

Deno.test.afterAll(async () => {
  if (!world) return;
  const { kafka, postgres, proxies, network } = world;
  world = undefined;
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
      return !embedded && await dockerAvailable() ? "container" : "process";
    }
    default:
      throw new Error(`INTEGRATION_SERVICES is "${wanted}", but must be "process", "container" or "auto"`);
  }
}
