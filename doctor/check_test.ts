import assert from "assert";
import {
  type Check,
  combineOutcomes,
  failed,
  ok,
  type Outcome,
  type Result,
  runChecks,
  skipped,
} from "./check.ts";

type Table =
  readonly (readonly [id: string, needs: readonly string[], run: () => Outcome | Promise<Outcome>])[];

async function run(table: Table, limitMs?: number): Promise<Record<string, Result>> {
  const checks = table.map(([id, needs, run]): Check<undefined> => ({
    id,
    section: "Kafka",
    title: id,
    needs,
    run,
  }));
  const results: Record<string, Result> = {};
  for await (const result of runChecks(checks, undefined, limitMs)) results[result.id] = result;
  return results;
}

Deno.test("runChecks() skips a check and names the first failed one when a check it requires has failed", async () => {
  const results = await run([
    ["a", [], () => failed("broken", "mend it")],
    ["b", ["a"], () => assert.fail("must not run")],
    ["c", ["b"], () => assert.fail("must not run")],
    ["d", [], () => ok("fine")],
  ]);
  assert.equal(results["b"]!.mark, "skipped");
  assert.match(results["c"]!.message, /requires Kafka a$/);
  assert.equal(results["d"]!.mark, "ok");
});

Deno.test("runChecks() runs a check when the ones it requires do not block", async () => {
  const results = await run([
    ["a", [], () => failed("broken", "mend it", { blocks: false })],
    ["b", [], () => skipped("not used")],
    ["c", ["a", "b"], () => ok("ran")],
    ["d", [], () => skipped("not created yet", { blocks: true })],
    ["e", ["d"], () => assert.fail("must not run")],
  ]);
  assert.equal(results["c"]!.message, "ran");
  assert.match(results["e"]!.message, /requires Kafka d$/);
});

Deno.test("runChecks() fails a check when it throws or times out", async () => {
  let end = () => {};
  const results = await run([
    ["throws", [], () => {
      throw new Error("out of luck");
    }],
    ["hangs", [], () => new Promise((resolve) => end = () => resolve(ok("late")))],
  ], 50);
  end();
  assert.deepEqual([results["throws"]!.mark, results["throws"]!.message], ["failed", "out of luck"]);
  assert.match(results["hangs"]!.message, /no result within 0.05 s/);
});

Deno.test("runChecks() runs checks concurrently when none requires another", async () => {
  const started: string[] = [];
  let go = () => {};
  const both = new Promise<void>((resolve) => go = resolve);
  const wait = async (id: string) => {
    started.push(id);
    if (started.length === 2) go();
    await both;
    return ok(id);
  };
  const results = await run([["a", [], () => wait("a")], ["b", [], () => wait("b")]], 5_000);
  assert.deepEqual(Object.values(results).map(({ mark }) => mark), ["ok", "ok"]);
});

Deno.test("runChecks() throws when a check requires one that does not precede it", async () => {
  await assert.rejects(run([["a", ["b"], () => ok("")], ["b", [], () => ok("")]]), /a requires b/);
});

Deno.test("combineOutcomes() reports only the failures when a part failed, else all parts", () => {
  const mixed = combineOutcomes([ok("one"), failed("two", "Mend two."), failed("three", "Mend two.")]);
  assert.deepEqual([mixed.mark, mixed.message, mixed.remedy], ["failed", "two; three", "Mend two."]);
  const fine = combineOutcomes([ok("one"), skipped("two")]);
  assert.deepEqual([fine.mark, fine.message, fine.blocks], ["ok", "one; two", false]);
  assert.equal(combineOutcomes([]).mark, "skipped");
});
