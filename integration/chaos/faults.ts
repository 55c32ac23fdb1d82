/**
 * The faults that a chaos run injects into services and servers.
 *
 * @module
 */
import type { Proxy } from "../harness/proxy.ts";
import { setReadOnly, terminateSessions, whileLocked } from "../harness/postgres_faults.ts";
import { delay } from "../harness/wait.ts";
import type { Server } from "../../local/servers/mod.ts";
import type { ServicePool } from "./service_pool.ts";

export interface Fault {
  readonly name: string;
  /** The affected component. Faults of the same component are never concurrent. */
  readonly component: "consumer" | "producer" | "PostgreSQL" | "Kafka";
  readonly secondComponent?: Fault["component"];
  /** Injects the fault, and resolves when it is over. */
  inject(pool: ServicePool): Promise<void>;
}

/** Whether two faults may be concurrent. */
export function areIndependent(a: Fault, b: Fault): boolean {
  const affectedByB = new Set([b.component, b.secondComponent]);
  return ![a.component, a.secondComponent].some((component) =>
    component !== undefined && affectedByB.has(component)
  );
}

/** Waits for the random duration of a temporary fault. */
const holdFault = ({ scenario: { random } }: ServicePool) => delay(random.between(500, 4_000));

const fault = (component: Fault["component"], name: string, inject: Fault["inject"]): Fault => ({
  component,
  name: `${component}: ${name}`,
  inject,
});

/** Stops a server, and starts it again later. */
const outage = (component: "PostgreSQL" | "Kafka", name: string, end: "kill" | "stop") =>
  fault(component, name, async (pool) => {
    const server: Server = component === "Kafka" ? pool.scenario.kafka : pool.scenario.postgres;
    await server[end]();
    await holdFault(pool);
    await server.start();
  });

/** A temporary fault of the connections to a server. */
const networkFault = (
  component: "PostgreSQL" | "Kafka",
  name: string,
  inject: (proxy: Proxy) => Promise<void>,
) =>
  fault(component, `connections ${name}`, async (pool) => {
    const { proxy } = component === "Kafka" ? pool.kafka : pool.postgres;
    await inject(proxy);
    await holdFault(pool);
    await proxy.restore();
  });

const networkFaults = (component: "PostgreSQL" | "Kafka") => [
  networkFault(component, "cut", (proxy) => proxy.cut()),
  networkFault(component, "refused", (proxy) => proxy.refuse()),
  networkFault(component, "slow (100 ms, 64 KB/s)", async (proxy) => {
    await proxy.setLatency(100);
    await proxy.setBandwidth(64);
  }),
  networkFault(component, "lose responses", (proxy) => proxy.discard("responses")),
  networkFault(component, "lose requests", (proxy) => proxy.discard("requests")),
];

/** Stops a service that is not long-lived, and starts another one. */
const replace = (component: "consumer" | "producer", name: string, signal: "SIGTERM" | "SIGKILL") =>
  fault(component, name, async (pool) => {
    await pool.stop(component === "consumer" ? pool.consumers : pool.producers, signal);
    await (component === "consumer" ? pool.addConsumer() : pool.addProducer());
  });

export const FAULTS: readonly Fault[] = [
  replace("consumer", "killed (SIGKILL)", "SIGKILL"),
  replace("consumer", "stopped (SIGTERM)", "SIGTERM"),
  fault("consumer", "suspended (SIGSTOP), continued later", async (pool) => {
    const { consumers, scenario: { random } } = pool;
    const suspended = consumers[random.between(0, consumers.length - 1)]!;
    await suspended.signal("SIGSTOP");
    // Up to three session timeouts.
    await delay(random.between(500, 9_000));
    await suspended.signal("SIGCONT");
  }),
  {
    ...fault("Kafka", "killed (SIGKILL) while a suspended consumer rejoins", async (pool) => {
      const { consumers, scenario: { kafka, random } } = pool;
      const suspended = consumers[random.between(0, consumers.length - 1)]!;
      await suspended.signal("SIGSTOP");
      // Longer than the session timeout.
      await delay(random.between(6_500, 9_000));
      await suspended.signal("SIGCONT");
      await delay(random.between(0, 1_500));
      await kafka.kill();
      await holdFault(pool);
      await kafka.start();
    }),
    secondComponent: "consumer",
  },
  fault("consumer", "one joins or leaves", async (pool) => {
    // At least two: one to stop and one that takes over.
    if (pool.consumers.length <= 2 || (!pool.isFull && pool.scenario.random.next() < 0.5)) {
      await pool.addConsumer();
    } else await pool.stop(pool.consumers, "SIGTERM");
  }),
  replace("producer", "killed (SIGKILL)", "SIGKILL"),
  replace("producer", "stopped (SIGTERM)", "SIGTERM"),
  outage("PostgreSQL", "killed (SIGKILL)", "kill"),
  outage("PostgreSQL", "restarted", "stop"),
  fault("PostgreSQL", "sessions terminated, five times", async (pool) => {
    for (let time = 0; time < 5; time++) {
      await terminateSessions(pool.scenario.database);
      await delay(pool.scenario.random.between(0, 300));
    }
  }),
  fault("PostgreSQL", "read-only", async (pool) => {
    await setReadOnly(pool.scenario.database, true);
    await holdFault(pool);
    await setReadOnly(pool.scenario.database, false);
  }),
  fault(
    "PostgreSQL",
    "table locked",
    (pool) => whileLocked(pool.scenario.database, "routes_table", () => holdFault(pool)),
  ),
  ...networkFaults("PostgreSQL"),
  outage("Kafka", "killed (SIGKILL)", "kill"),
  outage("Kafka", "restarted", "stop"),
  ...networkFaults("Kafka"),
];
