/**
 * What a run of chaos does to the services and servers.
 *
 * @module
 */
import type { Proxy } from "../harness/proxy.ts";
import { setReadOnly, terminateSessions, whileLocked } from "../harness/postgres_faults.ts";
import { delay } from "../harness/wait.ts";
import type { Server } from "../../local/servers/mod.ts";
import type { ServicePool } from "./service_pool.ts";

/** A fault: what it is, and what brings it about and takes it back. */
export interface Fault {
  readonly name: string;
  /** What it is a fault of: two of one kind are never brought about at a time. */
  readonly of: "consumer" | "producer" | "PostgreSQL" | "Kafka";
  /** What else it is a fault of. */
  readonly alsoOf?: Fault["of"];
  /** Is over when the fault is. */
  inject(crew: ServicePool): Promise<void>;
}

/** Whether two faults may be brought about at a time. */
export function areIndependent(a: Fault, b: Fault): boolean {
  return ![a.of, a.alsoOf].some((kind) => kind !== undefined && (kind === b.of || kind === b.alsoOf));
}

/** How long a fault lasts that lasts. */
const holdFault = ({ scenario: { random } }: ServicePool) => delay(random.between(500, 4_000));

const fault = (of: Fault["of"], name: string, bring: Fault["inject"]): Fault => ({
  of,
  name: `${of}: ${name}`,
  inject: bring,
});

/** A server ended, down for a while, and started again. */
const down = (of: "PostgreSQL" | "Kafka", name: string, end: "kill" | "stop") =>
  fault(of, name, async (crew) => {
    const server: Server = of === "Kafka" ? crew.scenario.kafka : crew.scenario.postgres;
    await server[end]();
    await holdFault(crew);
    await server.start();
  });

/** Something wrong with the way to a server, for a while. */
const link = (of: "PostgreSQL" | "Kafka", name: string, spoil: (proxy: Proxy) => Promise<void>) =>
  fault(of, `link ${name}`, async (crew) => {
    const { proxy } = of === "Kafka" ? crew.kafka : crew.postgres;
    await spoil(proxy);
    await holdFault(crew);
    await proxy.restore();
  });

const links = (of: "PostgreSQL" | "Kafka") => [
  link(of, "cut", (proxy) => proxy.cut()),
  link(of, "refused", (proxy) => proxy.refuse()),
  link(of, "slow (100 ms, 64 KB/s)", async (proxy) => {
    await proxy.latency(100);
    await proxy.bandwidth(64);
  }),
  link(of, "swallows answers", (proxy) => proxy.swallow("answers")),
  link(of, "swallows requests", (proxy) => proxy.swallow("requests")),
];

/** A service that is not steady ended, and another started in its place. */
const replaced = (of: "consumer" | "producer", name: string, signal: "SIGTERM" | "SIGKILL") =>
  fault(of, name, async (crew) => {
    await crew.end(of === "consumer" ? crew.consumers : crew.producers, signal);
    await (of === "consumer" ? crew.addConsumer() : crew.addProducer());
  });

/** All of them. */
export const FAULTS: readonly Fault[] = [
  replaced("consumer", "killed (SIGKILL)", "SIGKILL"),
  replaced("consumer", "stopped (SIGTERM)", "SIGTERM"),
  fault("consumer", "frozen (SIGSTOP), later thawed", async (crew) => {
    const { consumers, scenario: { random } } = crew;
    const frozen = consumers[random.between(0, consumers.length - 1)]!;
    await frozen.signal("SIGSTOP");
    // Up to three session time-outs.
    await delay(random.between(500, 9_000));
    await frozen.signal("SIGCONT");
  }),
  {
    ...fault("Kafka", "killed (SIGKILL) while a consumer that was frozen joins again", async (crew) => {
      const { consumers, scenario: { kafka, random } } = crew;
      const frozen = consumers[random.between(0, consumers.length - 1)]!;
      await frozen.signal("SIGSTOP");
      // Longer than the session timeout.
      await delay(random.between(6_500, 9_000));
      await frozen.signal("SIGCONT");
      await delay(random.between(0, 1_500));
      await kafka.kill();
      await holdFault(crew);
      await kafka.start();
    }),
    alsoOf: "consumer",
  },
  fault("consumer", "one more, or one fewer", async (crew) => {
    // Never fewer than two: one to be ended and one to take over.
    if (crew.consumers.length <= 2 || (!crew.full && crew.scenario.random.next() < 0.5)) {
      await crew.addConsumer();
    } else await crew.end(crew.consumers, "SIGTERM");
  }),
  replaced("producer", "killed (SIGKILL)", "SIGKILL"),
  replaced("producer", "stopped (SIGTERM)", "SIGTERM"),
  down("PostgreSQL", "killed (SIGKILL)", "kill"),
  down("PostgreSQL", "restarted", "stop"),
  fault("PostgreSQL", "sessions terminated, five times", async (crew) => {
    for (let time = 0; time < 5; time++) {
      await terminateSessions(crew.scenario.database);
      await delay(crew.scenario.random.between(0, 300));
    }
  }),
  fault("PostgreSQL", "read-only", async (crew) => {
    await setReadOnly(crew.scenario.database, true);
    await holdFault(crew);
    await setReadOnly(crew.scenario.database, false);
  }),
  fault(
    "PostgreSQL",
    "table locked",
    (crew) => whileLocked(crew.scenario.database, "routes_table", () => holdFault(crew)),
  ),
  ...links("PostgreSQL"),
  down("Kafka", "killed (SIGKILL)", "kill"),
  down("Kafka", "restarted", "stop"),
  ...links("Kafka"),
];
