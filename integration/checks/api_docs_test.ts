import assert from "assert";
import { indexPage, isDocumented, packagesOf, summaryOf } from "./api_docs.ts";

Deno.test("isDocumented() excludes tests, fixtures and lists of dependencies", () => {
  const paths = ["a/b.ts", "a/b_test.ts", "a/b_fixture.ts", "a/dependencies.ts", "a/b.css"];
  assert.deepEqual(paths.filter(isDocumented), ["a/b.ts"]);
});

Deno.test("packagesOf() returns packages but neither relative paths nor node: modules", () => {
  const text = 'import { a } from "./a.ts";\nimport "node:fs";\nimport pg from "pg";\nimport "pure-rand/x";';
  assert.deepEqual(packagesOf(text), ["pg", "pure-rand/x"]);
});

Deno.test("summaryOf() returns the first sentence of the module's docstring", () => {
  assert.equal(summaryOf("/**\n * Reads a\n * file. And more.\n *\n * @module\n */\n"), "Reads a file.");
  assert.equal(summaryOf("import x;\n/** y */"), "");
});

Deno.test("indexPage() links each module below its folder", () => {
  const page = indexPage(new Map([["a/b/c.ts", "Is a < b."]]));
  assert.match(
    page,
    /<h2>a\/b<\/h2>\n<ul>\n<li><a href="a\/b\/c.ts\/index.html">c.ts<\/a> Is a &lt; b.<\/li>/,
  );
});
