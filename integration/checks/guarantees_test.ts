import assert from "assert";
import { guarantees } from "./guarantees.ts";

const about = { name: "consumer does X when Y", fault: "Y | Z", outcome: "X" };

Deno.test("guarantees() lists what suites declare under their part", () => {
  const page = guarantees([{ name: "kill", scenarios: [about] }, { name: "database", scenarios: [] }]);
  assert.match(
    page,
    /## Consumers\n\n\| fault .*\n.*\n\| Y \\\| Z \| X \| \[consumer does X when Y\]\(.*kill_test\.ts\) \|/,
  );
  assert.doesNotMatch(page, /## PostgreSQL/);
});

Deno.test("guarantees() gives a suite that no part names a part of its own", () => {
  assert.match(guarantees([{ name: "new", scenarios: [about] }]), /## new\n\n\| fault/);
});
