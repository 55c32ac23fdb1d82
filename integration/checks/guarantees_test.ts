import assert from "assert";
import { guarantees } from "./guarantees.ts";

const scenario = { name: "consumer does X when Y", failure: "Y | Z", result: "X" };

Deno.test("guarantees() lists the scenarios of a file in its section", () => {
  const page = guarantees([{ name: "kill", scenarios: [scenario] }, { name: "database", scenarios: [] }]);
  assert.match(
    page,
    /## Consumers\n\n\| Failure .*\n.*\n\| Y \\\| Z \| X \| \[consumer does X when Y\]\(.*kill_test\.ts\) \|/,
  );
  assert.doesNotMatch(page, /## PostgreSQL/);
});

Deno.test("guarantees() throws when a file belongs to no section", () => {
  assert.throws(() => guarantees([{ name: "new", scenarios: [scenario] }]), /lacks new/);
});
