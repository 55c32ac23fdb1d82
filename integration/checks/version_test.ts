import assert from "assert";
import { join } from "node:path";
import { VERSION_TEXT } from "../../shared/observe/build_info.ts";
import { PROJECT } from "../harness/project.ts";

/** Places that name the version, besides `deno.json`. */
const PLACES: readonly (readonly [path: string, pattern: RegExp])[] = [
  ...["producer", "consumer", "dashboard"].map((service) =>
    [`${service}/Dockerfile`, /org\.opencontainers\.image\.version="(.*?)"/g] as const
  ),
  ["deploy/kubernetes/kustomization.yaml", /newTag: (.*)/g],
  ["deploy/kubernetes/README.md", /routes-(?:consumer|producer):(\S+)/g],
];

Deno.test("image labels, manifests, --version and the latest section of the CHANGELOG have the version of deno.json", async () => {
  const read = (path: string) => Deno.readTextFile(join(PROJECT, path));
  const { version }: { version: string } = JSON.parse(await read("deno.json"));
  for (const [path, pattern] of PLACES) {
    const found = [...(await read(path)).matchAll(pattern)].map(([, text]) => text);
    assert(found.length > 0, path);
    assert.deepEqual(found, found.map(() => version), path);
  }
  assert.equal(VERSION_TEXT, `routes ${version}`);
  const [, latest] = /^## (\d\S*)/m.exec(await read("CHANGELOG.md")) ?? [];
  assert.equal(latest, version);
});

Deno.test("image labels have the base image of the last stage", async () => {
  for (const service of ["producer", "consumer", "dashboard"]) {
    const dockerfile = await Deno.readTextFile(join(PROJECT, service, "Dockerfile"));
    const [, base] = [...dockerfile.matchAll(/^FROM (\S+)$/gm)].at(-1)!;
    assert.ok(dockerfile.includes(`org.opencontainers.image.base.name="docker.io/${base}"`), service);
  }
});
