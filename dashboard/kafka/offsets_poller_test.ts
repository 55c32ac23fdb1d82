import assert from "assert";
import { testSettings } from "../../shared/kafka/cluster_fixture.ts";
import { OffsetsPoller } from "./offsets_poller.ts";

Deno.test("OffsetsPoller.poll() keeps the state and warns once when Kafka is unavailable", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const warnings: string[] = [];
  using poller = new OffsetsPoller(testSettings(port), ["t"], (level, _event, text) => {
    if (level === "warn") warnings.push(typeof text === "string" ? text : text());
  });
  for (let i = 0; i < 2; i++) await poller.poll();
  assert.equal(poller.offsets, undefined);
  assert.equal(poller.status.state, "unavailable");
  assert.match(poller.status.message!, new RegExp(`Cannot read offsets from Kafka at 127.0.0.1:${port}`));
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /The lag is known only while consumers report it. Retrying\.$/);
});

Deno.test("OffsetsPoller.poll() logs nothing when the poller is disposed of while a broker does not respond", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const warnings: unknown[] = [];
  const poller = new OffsetsPoller(testSettings(listener.addr.port), ["t"], (...entry) => {
    warnings.push(entry);
  });
  const poll = poller.poll();
  using _connection = await listener.accept();
  poller[Symbol.dispose]();
  await poll;
  assert.deepEqual(warnings, []);
});
