import assert from "assert";
import * as net from "node:net";
import { checkNames, checkTcp, connectTcp } from "./network.ts";
import { startSilence } from "../server_fixture.ts";

const NAMES = { host: "PGHOST", service: "the PostgreSQL service" };

Deno.test("checkNames() fails when there is no such host name, and blocks only when there is none at all", async () => {
  const none = await checkNames([{ host: "nowhere.invalid", port: 1 }], NAMES);
  assert.deepEqual([none.mark, none.blocks], ["failed", true]);
  assert.match(
    `${none.why} ${none.remedy}`,
    /nowhere\.invalid has no address: there is no such host name.*PGHOST/,
  );
  const one = await checkNames([{ host: "nowhere.invalid", port: 1 }, { host: "localhost", port: 1 }], NAMES);
  assert.deepEqual([one.mark, one.blocks], ["failed", false]);
  assert.equal((await checkNames([{ host: "localhost", port: 1 }], NAMES)).mark, "ok");
});

Deno.test("checkTcp() fails when the port refuses, and goes on with the servers that don't", async () => {
  await using open = await startSilence();
  const closed = await startSilence();
  await closed[Symbol.asyncDispose]();
  const at = (port: number) => ({ host: "127.0.0.1", port });
  const refused = await checkTcp([at(closed.port)], NAMES, 1_000);
  assert.deepEqual([refused.mark, refused.blocks], ["failed", true]);
  assert.match(`${refused.why} ${refused.remedy}`, /refuses connections.*listens there/);
  const mixed = await checkTcp([at(closed.port), at(open.port)], NAMES, 1_000);
  assert.deepEqual([mixed.mark, mixed.blocks, mixed.reachable], ["failed", false, [at(open.port)]]);
  assert.equal((await checkTcp([at(open.port)], NAMES, 1_000)).mark, "ok");
});

Deno.test("checkTcp() names the IP filter when packets are dropped", async () => {
  // A queue of connections that nobody accepts: when it is full, the kernel drops what else comes, as a filter does.
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
  const address = { host: "127.0.0.1", port: listener.addr.port };
  const filling: net.Socket[] = [];
  try {
    for (let full = false; !full;) {
      try {
        filling.push(await connectTcp(address, 300));
      } catch {
        full = true;
      }
    }
    const outcome = await checkTcp([address], NAMES, 300);
    assert.equal(outcome.mark, "failed");
    assert.match(
      `${outcome.why} ${outcome.remedy}`,
      /does not answer \(0.3 s\).*IP filter.*Allowed IP addresses/,
    );
  } finally {
    filling.forEach((socket) => socket.destroy());
    listener.close();
  }
});
