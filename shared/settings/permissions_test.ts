import assert from "assert";
import type { Group } from "./declare.ts";
import { environmentOf, readableOf } from "./permissions.ts";

const config: { permissions: Record<string, unknown> } = JSON.parse(
  await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
);
const SERVICES: Record<string, readonly Group[]> = {
  producer: ["kafka", "streams", "producer", "observability"],
  consumer: ["kafka", "postgresql", "streams", "consumer", "observability"],
  rejects: ["kafka", "postgresql", "streams", "rejects", "observability"],
  dashboard: ["postgresql", "streams", "dashboard", "observability"],
};

for (const [service, groups] of Object.entries(SERVICES)) {
  Deno.test(`deno.json grants the ${service} what its settings need and nothing else`, () => {
    assert.deepEqual(config.permissions[service], {
      env: environmentOf(groups),
      net: true,
      read: readableOf(service),
    });
  });
}
