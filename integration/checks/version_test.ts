import assert from "assert";
import { join } from "node:path";
import { PROJECT } from "../harness/project.ts";

Deno.test("the images and the CHANGELOG name the version of deno.json", async () => {
  const read = (path: string) => Deno.readTextFile(join(PROJECT, path));
  const { version }: { version: string } = JSON.parse(await read("deno.json"));
  for (const service of ["producer", "consumer", "dashboard"]) {
    const dockerfile = await read(`${service}/Dockerfile`);
    assert.ok(dockerfile.includes(`org.opencontainers.image.version="${version}"`), service);
  }
  const [latest] = /^## \d.*/m.exec(await read("CHANGELOG.md")) ?? [];
  assert.match(latest ?? "", new RegExp(`^## ${version.replaceAll(".", "\\.")}`));
});
