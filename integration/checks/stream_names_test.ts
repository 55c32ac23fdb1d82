/**
 * No test names a stream, so that streams can be added and removed without editing tests. A test that is not about streams uses the
 * default one, and a test about all streams takes them from the list.
 *
 * @module
 */
import assert from "assert";
import { globSync } from "node:fs";
import { join } from "node:path";
import { SETTINGS } from "../../shared/settings/table.ts";
import { listStreams, streamNames } from "../../shared/streams.ts";
import { PROJECT } from "../harness/project.ts";

/** Tests of the rules or the loading of these very streams. */
const ALLOWED: readonly string[] = [
  "shared/streams_test.ts",
  "tools/stream_check_test.ts",
  // A stream with a histogram and without a map.
  "integration/dashboard/dashboard_test.ts",
  // Times and descriptions of their columns.
  "dashboard/stream_info_test.ts",
];
const FOLDERS = ["shared", "producer", "consumer", "doctor", "dashboard", "local", "tools", "integration"];

/** The streams that a source names: by import of its file, in `loadStreams([…])`, or in `STREAMS: "…"`. */
function namedStreams(source: string, names: readonly string[]): string[] {
  const places = source.matchAll(
    /(?:from|import\()\s*"[^"]*streams\/[\w-]+\.ts"|loadStreams\(\s*\[[^\]]*\]|STREAMS:\s*"[^"]*"/g,
  );
  const text = [...places].map(([place]) => place).join("\n");
  return names.filter((name) => new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(text));
}

const sources = (folder: string): string[] =>
  globSync(`${folder}/**/*.ts`, { cwd: PROJECT })
    .filter((path) => /_(test|fixture)\.ts$/.test(path) || path.startsWith("integration/"));

Deno.test("tests name no stream other than the default one", async () => {
  const names = streamNames().filter((name) => name !== SETTINGS.STREAMS.default);
  assert(names.length > 0);
  const found: string[] = [];
  for (const folder of FOLDERS) {
    for (const path of sources(folder)) {
      if (ALLOWED.includes(path)) continue;
      const named = namedStreams(await Deno.readTextFile(join(PROJECT, path)), names);
      if (named.length > 0) found.push(`${path}: ${named.join(", ")}`);
    }
  }
  assert.deepEqual(found.sort(), []);
});

Deno.test("listStreams() loads every stream", async () => {
  const { streams, problems } = await listStreams();
  assert.deepEqual(problems, []);
  assert.deepEqual(streams.map(({ name }) => name), streamNames());
});

Deno.test("namedStreams() finds imports, loadStreams() and STREAMS, and no other text", () => {
  const names = ["one", "two-b"];
  assert.deepEqual(namedStreams('await import("../streams/one.ts"); "two-b"', names), ["one"]);
  assert.deepEqual(namedStreams('loadStreams([\n"x", "two-b"])', names), ["two-b"]);
  assert.deepEqual(namedStreams('{ STREAMS: "none,two-b" }', names), ["two-b"]);
  assert.deepEqual(namedStreams('{ STREAMS: OTHER.name } "streams/two" one', names), []);
});
