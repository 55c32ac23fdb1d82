import assert from "assert";
import { HostNames } from "./host_names.ts";

Deno.test("HostNames.nameOf() is the container's name when it contains the name of the service", async () => {
  const lookups: string[] = [];
  const names = new HostNames((address) => {
    lookups.push(address);
    return address === "10.0.0.9" ? Promise.reject(new Error("ENOTFOUND")) : Promise.resolve([
      address === "10.0.0.1" ? "routes-consumer-2.routes_default" : "ip-10-0-0-2.internal",
    ]);
  });
  const nameOf = (address: string, host: string) => names.nameOf(address, host, 1_000);
  assert.equal(nameOf("10.0.0.1", "consumer"), undefined);
  for (const address of ["10.0.0.2", "10.0.0.9"]) nameOf(address, "consumer");
  await new Promise((resolve) => setTimeout(resolve));
  assert.equal(nameOf("10.0.0.1", "consumer"), "routes-consumer-2");
  assert.equal(nameOf("10.0.0.2", "consumer"), undefined);
  assert.equal(nameOf("10.0.0.9", "consumer"), undefined);
  assert.equal(lookups.length, 3);
  assert.equal(names.nameOf("10.0.0.1", "consumer", 100_000), "routes-consumer-2");
  assert.equal(lookups.length, 4);
});
