import assert from "assert";
import { cleanEnvironment } from "./environment.ts";
import { runCommand } from "./run_command.ts";

Deno.test("cleanEnvironment() keeps needed variables and removes those that change the behavior of programs", async () => {
  const hostile = {
    PGOPTIONS: "x",
    JAVA_TOOL_OPTIONS: "x",
    LC_ALL: "tr_TR.UTF-8",
    http_proxy: "x",
    NODE_OPTIONS: "x",
  };
  const before = Object.keys(hostile).map((name) => [name, Deno.env.get(name)] as const);
  try {
    for (const [name, value] of Object.entries(hostile)) Deno.env.set(name, value);
    const { env } = cleanEnvironment({ PGPORT: "1" });
    assert.deepEqual([env["LC_ALL"], env["PGPORT"], env["PATH"]], ["C.UTF-8", "1", Deno.env.get("PATH")]);
    const { stdout } = await runCommand("/usr/bin/env", []);
    const names = stdout.trim().split("\n").map((line) => line.replace(/=.*/, ""));
    assert.deepEqual(names.filter((name) => name in hostile), ["LC_ALL"]);
    assert.match(stdout, /^LC_ALL=C\.UTF-8$/m);
  } finally {
    for (const [name, value] of before) {
      value === undefined ? Deno.env.delete(name) : Deno.env.set(name, value);
    }
  }
});
