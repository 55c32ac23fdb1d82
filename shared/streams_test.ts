import assert from "assert";
import { join } from "node:path";
import { SettingsError } from "./settings/error.ts";
import { listStreams, loadStreams, streamNames } from "./streams.ts";

/** A stream file that stores the whole record. */
const FILE = JSON.stringify({ about: "any value", columns: { value: { path: "" } } });

/** Runs a test with a directory of stream files. */
async function withFiles(files: Record<string, string>, run: (directory: string) => Promise<void>) {
  const directory = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) await Deno.writeTextFile(join(directory, name), text);
    await run(directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

const rejectsWith = (promise: Promise<unknown>, ...patterns: RegExp[]) =>
  assert.rejects(promise, (error) => {
    assert(error instanceof SettingsError);
    assert.equal(error.problems.length, patterns.length, error.message);
    patterns.forEach((pattern, i) => assert.match(error.texts[i]!, pattern));
    return true;
  });

Deno.test("loadStreams() accepts prefixes that result in legal topic names, and throws for others", async () => {
  for (const prefix of ["", "team1.", "a_b-c.", "x".repeat(243)]) {
    const [routes] = await loadStreams(["routes"], prefix);
    assert.equal(routes!.topic, `${prefix}routes`);
  }
  for (const prefix of ["team 1/", "tëam.", "a:b", "x\n", "x".repeat(244)]) {
    await rejectsWith(loadStreams(["routes"], prefix), /KAFKA_TOPIC_PREFIX .* Kafka does not allow/s);
  }
});

Deno.test("listStreams() loads every stream of the project, each with the name of its file", async () => {
  const { streams, problems } = await listStreams();
  assert.deepEqual(problems, []);
  assert.deepEqual(streams.map(({ name }) => name), streamNames());
  assert(streams.length >= 3);
});

Deno.test("listStreams() reports an invalid file without hiding errors in others", async () => {
  await withFiles(
    { "a.json": "{", "b.json": "[]", "good.json": FILE, "README.md": "" },
    async (directory) => {
      const { streams, problems } = await listStreams(directory);
      assert(streams.some(({ name }) => name === "good"));
      assert.deepEqual(
        problems.map(({ cause }) => cause.replace(`${directory}/`, "").slice(0, 16)),
        ["a.json: not JSON", "b.json: expected"],
      );
    },
  );
});

Deno.test("loadStreams() finds a file in the directory, which may be absolute or relative to the project", async () => {
  await withFiles({ "good.json": FILE }, async (directory) => {
    const [good] = await loadStreams(["good"], "p.", directory);
    assert.deepEqual([good!.name, good!.topic, good!.table], ["good", "p.good", "good"]);
  });
  const [orders] = await loadStreams(["orders"], "", "./res/streams/");
  assert.equal(orders!.name, "orders");
});

Deno.test("loadStreams() throws all problems of all named streams", async () => {
  await withFiles({ "bad.json": "{}", "routes.json": FILE, "latin.json": "" }, async (directory) => {
    await Deno.writeFile(join(directory, "latin.json"), new Uint8Array([0x22, 0xe9, 0x22]));
    await rejectsWith(
      loadStreams(["bad", "routes", "latin", "rout", "../x", "bad"], "", directory),
      /STREAMS names a stream twice/,
      /bad\.json at \/about: is missing/,
      /bad\.json at \/columns: is missing/,
      /routes is defined twice: .*routes\.json and shared\/streams\/routes\.ts/,
      /latin\.json is not UTF-8/,
      /"rout", but there is no such stream\. Did you mean routes\? The streams are bad, .*latin, routes/,
      /"\.\.\/x", which is not a name of a stream/,
    );
  });
});

Deno.test("loadStreams() needs no directory of stream files when no stream is one", async () => {
  const [routes] = await loadStreams(["routes"], "", "res/absent");
  assert.equal(routes!.name, "routes");
});

Deno.test("loadStreams() throws when streams have the same topic, or a table that one of them upserts", async () => {
  const file = JSON.stringify({
    about: "records by id",
    topic: "t",
    table: "t",
    schema: { type: "object", required: ["id"], properties: { id: { type: "integer" } } },
    write: { mode: "upsert", key: ["id"], tombstones: "delete" },
  });
  await withFiles({ "a.json": file, "b.json": file }, async (directory) => {
    await rejectsWith(
      loadStreams(["a", "b"], "", directory),
      /streams a and b have the same topic, t/,
      /streams a and b have the same table, t, and one of them upserts/,
    );
  });
});
