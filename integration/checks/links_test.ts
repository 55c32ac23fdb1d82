import assert from "assert";
import { anchorOf, anchorsOf, brokenLinks } from "./links.ts";

Deno.test("anchorOf() returns GitHub's anchor of a heading", () => {
  assert.equal(anchorOf("Rejected records (`deno task rejects`)"), "rejected-records-deno-task-rejects");
  assert.equal(anchorOf("Kafka → PostgreSQL"), "kafka--postgresql");
});

Deno.test("anchorsOf() numbers repeated headings and skips code", () => {
  assert.deepEqual([...anchorsOf("# A\n\n```sh\n# B\n```\n\n## A\n")], ["a", "a-1"]);
});

Deno.test("brokenLinks() reports missing files and anchors", () => {
  const files = new Map([
    ["README.md", "[1](docs/a.md#b) [2](#top) ![3](x.png) [4](https://example.com) `[5](y)`\n# Top\n"],
    ["docs/a.md", "[1](../README.md#top) [2](../README.md#b)\n"],
  ]);
  assert.deepEqual(brokenLinks(files, (path) => files.has(path)), [
    "README.md: docs/a.md#b: docs/a.md has no heading with this anchor.",
    "README.md: x.png: x.png does not exist.",
    "docs/a.md: ../README.md#b: README.md has no heading with this anchor.",
  ]);
});
