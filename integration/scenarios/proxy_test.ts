import assert from "assert";
import { scenario } from "../harness/scenario.ts";
import { waitUntil } from "../harness/wait.ts";

scenario({
  name: "openProxy() opens proxies that delay, discard, cut and refuse the services' connections",
  failure: "Connections to both servers are slow, cut, one-way and refused, one after another",
  result:
    "Each fault reaches the services, whether they run as processes or containers: the faults in other scenarios are effective",
}, async (s) => {
  const kafka = await s.openProxy("kafka");
  const postgres = await s.openProxy("postgres");
  const load = await s.startLoad(0, kafka.settings);
  const consumer = await s.startConsumer({
    ...kafka.settings,
    ...postgres.settings,
    KAFKA_REQUEST_TIMEOUT_MS: 3_000,
    CONSUMER_SESSION_TIMEOUT_MS: 3_000,
  });
  const all = [consumer, load];
  await s.waitForRows(all);
  const count = async (name: string, labels: Record<string, string> = {}) =>
    (await consumer.metrics()).sum(name, labels);
  const waitForIncrease = async (what: string, name: string, labels: Record<string, string>) => {
    const before = await count(name, labels);
    return () =>
      waitUntil(what, async () => await count(name, labels) > before, {
        unless: () => all.forEach((service) => service.assertRunning()),
      });
  };

  await postgres.proxy.setLatency(150);
  const slow = async () => {
    const metrics = await consumer.metrics();
    const name = "consumer_transaction_duration_seconds";
    return [metrics.sum(`${name}_count`), metrics.sum(`${name}_bucket`, { le: "0.25" })];
  };
  const [transactions, quick] = await slow();
  await waitUntil("slow transactions", async () => {
    const [now, nowQuick] = await slow();
    // One transaction may have started before.
    return now! - transactions! >= 5 && nowQuick! - quick! <= 1;
  });
  await postgres.proxy.restore();
  await s.waitForRows(all);

  for (const { proxy } of [postgres, kafka]) {
    const server = proxy === kafka.proxy ? "Kafka" : "PostgreSQL";
    await proxy.refuse();
    await consumer.waitForReady(false);
    if (server === "Kafka") await load.waitForReady(false);
    await proxy.restore();
    await consumer.waitForReady();
    await s.waitForRows(all);
    const reconnected = await waitForIncrease(`${server} to be reconnected`, "consumer_reconnects_total", {
      server: server.toLowerCase(),
    });
    await proxy.discard("responses");
    await proxy.cut();
    await consumer.waitForReady(false);
    await proxy.restore();
    await reconnected();
    await s.waitForRows(all);
  }
  const sent = await s.stopProducer(load);
  const { records } = await s.reconcile({ unless: () => consumer.assertRunning() });
  assert.equal(records, sent);
});
