import assert from "assert";
import { chooseServers, type Data } from "./choose_servers.ts";
import type { ServerKind } from "./servers/mod.ts";

const MISSING = { message: "Java is required. Install it: apt-get install java", missing: "Java" };

/** Chooses on a machine. @returns the kind and what was printed, or the error's message */
async function choose(
  { requested = "auto", servers, java, docker }: {
    requested?: "auto" | "embedded" | "containers";
    servers?: ServerKind;
    java: boolean;
    docker: boolean;
  },
): Promise<string[]> {
  const data: Data = { folder: "f", servers, volumes: ["v1", "v2"] };
  const machine = {
    missingTools: () => Promise.resolve(java ? undefined : MISSING),
    isDockerAvailable: () => Promise.resolve(docker),
  };
  const printed: string[] = [];
  try {
    const kind = await chooseServers(requested, data, (text) => printed.push(text), machine);
    return [kind, ...printed];
  } catch (error) {
    return [(error as Error).message, ...printed];
  }
}

Deno.test("chooseServers() prefers embedded servers when there is no data", async () => {
  assert.deepEqual(await choose({ java: true, docker: true }), ["embedded"]);
  assert.deepEqual(await choose({ java: false, docker: true }), [
    "container",
    "No Java found: Kafka and PostgreSQL run in containers (--servers chooses).",
  ]);
  assert.deepEqual(await choose({ java: false, docker: false }), [
    "Java is required. Install it: apt-get install java\n" +
    "Or start Docker: Kafka and PostgreSQL then run in containers.",
  ]);
});

Deno.test("chooseServers() follows --servers", async () => {
  const both = { java: true, docker: true };
  assert.deepEqual(await choose({ requested: "embedded", ...both }), ["embedded"]);
  assert.deepEqual(await choose({ requested: "containers", ...both }), ["container"]);
  assert.deepEqual(await choose({ requested: "embedded", java: false, docker: true }), [MISSING.message]);
  assert.deepEqual(await choose({ requested: "containers", java: true, docker: false }), [
    "No Docker engine responds. Start Docker.",
  ]);
});

Deno.test("chooseServers() keeps the servers that the data belongs to", async () => {
  assert.deepEqual(await choose({ servers: "container", java: true, docker: true }), ["container"]);
  assert.deepEqual(await choose({ servers: "embedded", java: false, docker: true }), [
    `${MISSING.message}\nThe data in f belongs to embedded servers.`,
  ]);
  assert.deepEqual(await choose({ servers: "container", java: true, docker: false }), [
    "No Docker engine responds. Start Docker. The data in f belongs to servers in containers.",
  ]);
});

Deno.test("chooseServers() throws when the data belongs to servers of the other kind", async () => {
  const both = { java: true, docker: true };
  assert.deepEqual(await choose({ requested: "containers", servers: "embedded", ...both }), [
    "The data in f belongs to embedded servers. Start with --servers embedded, choose another --folder, " +
    "or delete the data: rm -r f",
  ]);
  assert.deepEqual(await choose({ requested: "embedded", servers: "container", ...both }), [
    "The data in f belongs to servers in containers. Start with --servers containers, choose another --folder, " +
    "or delete the data: rm -r f; docker volume rm v1 v2",
  ]);
});
