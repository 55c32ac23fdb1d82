import assert from "assert";
import { importsOf, problemsOf } from "./imports.ts";

Deno.test("importsOf() finds static, dynamic and re-exporting imports when they name files", () => {
  const text =
    `import a from "./a.ts"; import type { B } from '../b.ts';\nexport * from "./c.ts"; await import("./d.ts"); import "./e.ts"; import pg from "pg";`;
  assert.deepEqual(importsOf(text), ["./a.ts", "../b.ts", "./c.ts", "./d.ts", "./e.ts"]);
});

Deno.test("problemsOf() reports an import that is not allowed", () => {
  const problem = (from: string, to: string) => problemsOf(new Map([[from, [to]], [to, []]]));
  assert.equal(problem("shared/a.ts", "consumer/b.ts").length, 1);
  assert.equal(problem("producer/a.ts", "consumer/b.ts").length, 1);
  assert.equal(problem("integration/a.ts", "producer/b.ts").length, 1);
  assert.equal(problem("consumer/a.ts", "shared/b.ts").length, 0);
});

Deno.test("problemsOf() reports an import cycle with its path", () => {
  const [problem] = problemsOf(new Map([["shared/a.ts", ["shared/b.ts"]], ["shared/b.ts", ["shared/a.ts"]]]));
  assert.match(problem!, /shared\/a\.ts → shared\/b\.ts → shared\/a\.ts/);
});
