import assert from "assert";
import * as net from "node:net";
import { checkNames, checkTcp, connectTcp } from "./tcp.ts";
import { startSilence } from "../server_fixture.ts";

const NAMES = { host: "PGHOST", service: "the PostgreSQL service" };

Deno.test("checkNames() fails when a host name does not exist, and blocks only when none does", async () => {
  const none = await checkNames([{ host: "nowhere.invalid", port: 1 }], NAMES);
  assert.deepEqual([none.mark, none.blocks], ["failed", true]);
  assert.match(
    `${none.message} ${none.remedy}`,
    /nowhere\.invalid has no address: the host name does not exist.*PGHOST/,
  );
  const one = await checkNames([{ host: "nowhere.invalid", port: 1 }, { host: "localhost", port: 1 }], NAMES);
  assert.deepEqual([one.mark, one.blocks], ["failed", false]);
  assert.equal((await checkNames([{ host: "localhost", port: 1 }], NAMES)).mark, "ok");
});

Deno.test("checkTcp() fails when a server refuses connections, and returns the reachable ones", async () => {
  await using open = await startSilence();
  const closed = await startSilence();
  await closed[Symbol.asyncDispose]();
  const at = (port: number) => ({ host: "127.0.0.1", port });
  const refused = await checkTcp([at(closed.port)], NAMES, 1_000);
  assert.deepEqual([refused.mark, refused.blocks], ["failed", true]);
  assert.match(`${refused.message} ${refused.remedy}`, /refuses connections.*server is running/);
  const mixed = await checkTcp([at(closed.port), at(open.port)], NAMES, 1_000);
  assert.deepEqual([mixed.mark, mixed.blocks, mixed.reachable], ["failed", false, [at(open.port)]]);
  assert.equal((await checkTcp([at(open.port)], NAMES, 1_000)).mark, "ok");
});

Deno.test("checkTcp() suggests the IP filter when packets are dropped", async () => {
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
      `${outcome.message} ${outcome.remedy}`,
      /does not respond \(0.3 s\).*IP filter.*Allowed IP addresses/,
    );
  } finally {
    filling.forEach((socket) => socket.destroy());
    listener.close();
  }
});
