/**
 * Fails if another version of kafkajs lacks what this project uses or replaces in it.
 *
 * @module
 */
import assert from "assert";
import { globSync } from "node:fs";
import { join } from "node:path";
import Broker from "kafkajs/src/broker/index.js";
import ConnectionPool from "kafkajs/src/network/connectionPool.js";
import Connection from "kafkajs/src/network/connection.js";
import RequestQueue from "kafkajs/src/network/requestQueue/index.js";
import kafkajs from "kafkajs";
import installed from "kafkajs/package.json" with { type: "json" };

/** The version that the patches were written for. Before you change it, go through README.md in this folder. */
const VERSION = "2.2.4";

const ROOT = join(import.meta.dirname!, "../../..");
const SOURCES = "{shared,producer,consumer,doctor,integration}/**/*.ts";

Deno.test("kafkajs is the version that the patches were written for", async () => {
  const config = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  assert.equal(config.imports.kafkajs, `npm:kafkajs@${VERSION}`);
  assert.equal(config.imports["kafkajs/"], `npm:/kafkajs@${VERSION}/`);
  assert.equal(installed.version, VERSION);
});

Deno.test("kafkajs has the classes and members that are replaced or used", () => {
  const logger = { namespace: () => logger, debug() {}, info() {}, warn() {}, error() {} };
  const pool = new ConnectionPool({ host: "localhost", port: 1, logger });
  const connection = new Connection({ host: "localhost", port: 1, logger });
  const broker = new Broker({ connectionPool: pool, logger });
  const queue = new RequestQueue({ logger });
  const functions = [
    [connection, ["connect", "disconnect", "isConnected", "rejectRequests", "send", "setVersions"]],
    [connection, ["setSupportAuthenticationProtocol"]],
    [broker, ["connect", "isConnected", "lookupRequest"]],
    [pool, ["send"]],
    [queue, ["checkPendingRequests", "scheduleCheckPendingRequests"]],
  ] as const;
  for (const [object, names] of functions) {
    for (const name of names) {
      assert.equal(typeof object[name], "function", `${object.constructor.name}.${name}`);
    }
  }
  assert.ok(Array.isArray(queue.pending));
  assert.ok(pool.pool[0] instanceof Connection);
  assert.equal(broker.connectionPool, pool);
  assert.ok("versions" in broker);
  for (const type of ["GZIP", "Snappy", "LZ4", "ZSTD"] as const) {
    assert.equal(
      typeof (kafkajs.CompressionCodecs as Record<number, unknown>)[kafkajs.CompressionTypes[type]],
      "function",
    );
  }
});

Deno.test("kafkajs has every module and export that is imported from its folder src", async () => {
  const imports = new Map<string, Set<string>>();
  for (const path of globSync(SOURCES, { cwd: ROOT })) {
    const text = await Deno.readTextFile(join(ROOT, path));
    for (const [, names, module] of text.matchAll(/^import ([^"]+) from "(kafkajs\/src\/[^"]+)";$/gm)) {
      const exports = names!.startsWith("{")
        ? names!.replace(/[{}]/g, "").split(",").map((name) => name.trim().split(" ")[0]!)
        : ["default"];
      imports.set(module!, new Set([...imports.get(module!) ?? [], ...exports]));
    }
  }
  assert.ok(imports.size > 10, `${imports.size} modules are imported`);
  for (const [module, names] of imports) {
    const exports = await import(module);
    for (const name of names) assert.ok(exports[name] !== undefined, `${module} has no ${name}`);
  }
});
