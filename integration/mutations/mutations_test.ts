import assert from "assert";
import { PROJECT } from "../harness/project.ts";
import { applyMutation, type Mutation, mutationProblems } from "./mutation.ts";
import { MUTATIONS } from "./mutations.ts";
import { ProjectCopy } from "./project_copy.ts";

Deno.test("MUTATIONS apply to the code as it is, and name tests that exist", async () => {
  const problems = await Promise.all(MUTATIONS.map((mutation) => mutationProblems(mutation, PROJECT)));
  assert.deepEqual(problems.flat(), []);
  assert.equal(new Set(MUTATIONS.map(({ name }) => name)).size, MUTATIONS.length);
});

Deno.test("mutationProblems() lists the problems of a mutation, and applyMutation() throws", async () => {
  await using copy = await ProjectCopy.create(PROJECT);
  const good: Mutation = { ...MUTATIONS[0]!, name: "m" };
  const wrong: [Partial<Mutation>, RegExp][] = [
    [{ find: "no such text" }, /^m: .* has the text 0 times/],
    [{ find: "\n" }, /^m: .* has the text \d+ times/],
    [{ file: "consumer/none.ts" }, /^m: consumer\/none\.ts does not exist/],
    [{ test: "consumer/none_test.ts" }, /^m: consumer\/none_test\.ts does not exist/],
    [{ filter: "no such test" }, /^m: .* has no test whose name includes: no such test/],
    [{ replace: good.find }, /^m: it changes nothing/],
  ];
  for (const [part, message] of wrong) {
    assert.match((await mutationProblems({ ...good, ...part }, copy.folder)).join(), message);
  }
  await assert.rejects(applyMutation({ ...good, find: "no such text" }, copy.folder), /0 times/);

  const text = () => Deno.readTextFile(`${copy.folder}/${good.file}`);
  const before = await text();
  await applyMutation(good, copy.folder);
  assert.equal(await text(), before.replace(good.find, () => good.replace));
  await copy.restore(good.file);
  assert.equal(await text(), before);
});
