import assert from "assert";
import type { ServiceStatus, Status } from "../protocol.ts";
import { emptyText, problemsOf } from "./problems.ts";

const CONSUMER: ServiceStatus = { name: "c", kind: "consumer", up: true, missing: [], partitions: [] };
const HEALTHY: Status = {
  database: { state: "ok", since: 0 },
  tables: [{ stream: "routes", exists: true, rows: 0 }],
  services: [CONSUMER],
  kafka: { state: "ok", since: 0 },
  lag: { others: [] },
  sampled: false,
};
const titles = (status: Status | undefined, connected = true) =>
  problemsOf(status, connected).map(({ title }) => title).join(" ");

Deno.test("problemsOf() is empty when all is healthy or the status is unknown", () => {
  assert.equal(titles(HEALTHY), "");
  assert.equal(titles(undefined), "");
});

Deno.test("problemsOf() names each unavailable service when it is unavailable", () => {
  assert.match(titles(HEALTHY, false), /dashboard service is unreachable/);
  for (const state of ["unavailable", "error"] as const) {
    assert.match(
      titles({ ...HEALTHY, database: { state, since: 0 } }),
      new RegExp(`^PostgreSQL ${state} since .*\\.$`),
    );
  }
  assert.match(titles({ ...HEALTHY, services: [{ ...CONSUMER, up: false }] }), /No consumer is reachable/);
  const textWith = (lag: Status["lag"]) =>
    problemsOf({ ...HEALTHY, lag, services: [{ ...CONSUMER, up: false }] }, true)[0]!.text;
  assert.match(textWith({ records: 1_234, others: [] }), /^1,234 records wait in Kafka/);
  assert.match(textWith({ records: 1_234, staleSince: 1, others: [] }), /^Records remain in Kafka/);
  assert.match(
    titles({ ...HEALTHY, services: [{ ...CONSUMER, missing: ["kafka"] }] }),
    /Kafka is unavailable/,
  );
});

Deno.test("problemsOf() names an unassigned partition once when several consumers report it", () => {
  const reporting = (lag: number) => ({ ...CONSUMER, unassigned: [{ topic: "routes", partition: 3, lag }] });
  const [problem, ...others] = problemsOf({ ...HEALTHY, services: [reporting(120), reporting(100)] }, true);
  assert.match(problem!.text, /^routes\[3\], lag 120\./);
  assert.deepEqual(others, []);
});

Deno.test("problemsOf() reports no missing consumer when no services are configured", () => {
  assert.equal(titles({ ...HEALTHY, services: [] }), "");
});

Deno.test("emptyText() distinguishes an empty table, a missing table and an unavailable database", () => {
  assert.match(emptyText(HEALTHY, "routes", "routes_table")!, /table routes_table is empty/);
  assert.match(
    emptyText({ ...HEALTHY, tables: [] }, "routes", "routes_table")!,
    /table routes_table does not exist/,
  );
  const unavailable: Status = { ...HEALTHY, database: { state: "unavailable", since: 0 } };
  assert.match(emptyText(unavailable, "routes", "routes_table")!, /PostgreSQL unavailable/);
});
