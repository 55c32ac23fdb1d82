import assert from "assert";
import { type Check, failed, ok, type Outcome, type Result, runChecks, skipped, together } from "./check.ts";

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

Deno.test("runChecks() skips what needs a failed check, and names the first one, when one fails", async () => {
  const results = await run([
    ["a", [], () => failed("broken", "mend it")],
    ["b", ["a"], () => assert.fail("must not run")],
    ["c", ["b"], () => assert.fail("must not run")],
    ["d", [], () => ok("fine")],
  ]);
  assert.equal(results["b"]!.mark, "skipped");
  assert.match(results["c"]!.why, /for want of: Kafka a$/);
  assert.equal(results["d"]!.mark, "ok");
});

Deno.test("runChecks() goes on when a failure does not block, or what is not used was skipped", async () => {
  const results = await run([
    ["a", [], () => failed("broken", "mend it", { blocks: false })],
    ["b", [], () => skipped("not used")],
    ["c", ["a", "b"], () => ok("ran")],
    ["d", [], () => skipped("not there yet", { blocks: true })],
    ["e", ["d"], () => assert.fail("must not run")],
  ]);
  assert.equal(results["c"]!.why, "ran");
  assert.match(results["e"]!.why, /for want of: Kafka d$/);
});

Deno.test("runChecks() fails a check when it throws or does not end", async () => {
  let end = () => {};
  const results = await run([
    ["throws", [], () => {
      throw new Error("out of luck");
    }],
    ["hangs", [], () => new Promise((resolve) => end = () => resolve(ok("late")))],
  ], 50);
  end();
  assert.deepEqual([results["throws"]!.mark, results["throws"]!.why], ["failed", "out of luck"]);
  assert.match(results["hangs"]!.why, /no result after 0.05 s/);
});

Deno.test("runChecks() runs checks at the same time when none needs another", async () => {
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

Deno.test("runChecks() throws when a check needs one that does not stand before it", async () => {
  await assert.rejects(run([["a", ["b"], () => ok("")], ["b", [], () => ok("")]]), /a needs b/);
});

Deno.test("together() says only what failed when a finding failed, and all otherwise", () => {
  const mixed = together([ok("one"), failed("two", "Mend two."), failed("three", "Mend two.")]);
  assert.deepEqual([mixed.mark, mixed.why, mixed.remedy], ["failed", "two; three", "Mend two."]);
  const fine = together([ok("one"), skipped("two")]);
  assert.deepEqual([fine.mark, fine.why, fine.blocks], ["ok", "one; two", false]);
  assert.equal(together([]).mark, "skipped");
});
