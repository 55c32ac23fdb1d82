import assert from "assert";
import type { ServiceStatus, Status } from "../protocol.ts";
import { emptyText, problemsOf } from "./problems.ts";

const CONSUMER: ServiceStatus = { name: "c", kind: "consumer", up: true, missing: [], partitions: [] };
const WELL: Status = {
  database: { state: "ok", since: 0 },
  tables: [{ stream: "routes", exists: true, rows: 0 }],
  services: [CONSUMER],
  sampled: false,
};
const titles = (status: Status | undefined, connected = true) =>
  problemsOf(status, connected).map(({ title }) => title).join(" ");

Deno.test("problemsOf() has nothing to say when all is well or nothing is known yet", () => {
  assert.equal(titles(WELL), "");
  assert.equal(titles(undefined), "");
});

Deno.test("problemsOf() names what is away", () => {
  assert.match(titles(WELL, false), /own service does not answer/);
  assert.match(
    titles({ ...WELL, database: { state: "away", since: 0 } }),
    /PostgreSQL does not answer since/,
  );
  assert.match(titles({ ...WELL, database: { state: "refused", since: 0 } }), /PostgreSQL refuses since/);
  assert.match(titles({ ...WELL, services: [{ ...CONSUMER, up: false }] }), /No consumer answers/);
  assert.match(titles({ ...WELL, services: [{ ...CONSUMER, missing: ["kafka"] }] }), /Kafka does not answer/);
});

Deno.test("problemsOf() names partitions that nobody consumes once, when several consumers report them", () => {
  const reporting = (lag: number) => ({ ...CONSUMER, unassigned: [{ topic: "routes", partition: 3, lag }] });
  const [problem, ...others] = problemsOf({ ...WELL, services: [reporting(120), reporting(100)] }, true);
  assert.match(problem!.text, /^routes\[3\], lag 120\./);
  assert.deepEqual(others, []);
});

Deno.test("problemsOf() does not miss consumers when no service is named", () => {
  assert.equal(titles({ ...WELL, services: [] }), "");
});

Deno.test("emptyText() tells an empty table from a missing one and from a database that is away", () => {
  assert.match(emptyText(WELL, "routes", "routes_table")!, /has no rows/);
  assert.match(emptyText({ ...WELL, tables: [] }, "routes", "routes_table")!, /no table routes_table/);
  const away: Status = { ...WELL, database: { state: "away", since: 0 } };
  assert.match(emptyText(away, "routes", "routes_table")!, /PostgreSQL does not answer/);
});
