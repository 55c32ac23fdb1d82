import assert from "assert";
import { join } from "node:path";
import { streamNames } from "../../shared/streams.ts";
import { PROJECT } from "../harness/project.ts";

const PATCH_TEST = "shared/kafka/kafkajs/patch_kafkajs_test";

/** Bundles a service with the command of its Dockerfile, into `dist` of a folder with the other files of the image. */
async function bundle(service: string, folder: string, ...entries: string[]): Promise<void> {
  const dockerfile = await Deno.readTextFile(join(PROJECT, service, "Dockerfile"));
  const [, args] = [
    ...dockerfile.replaceAll(/ *\\\n */g, " ").matchAll(/^RUN deno (bundle .*--outdir=dist .*)$/gm),
  ].at(-1)!;
  const given = args!.replace("--outdir=dist", `--outdir=${folder}/dist`).split(/ +/)
    .filter((arg) => !arg.startsWith("--node-modules-dir"));
  const { code, stderr } = await run(PROJECT, [...given, ...entries]);
  assert.equal(code, 0, stderr);
  await Deno.mkdir(`${folder}/shared/streams`, { recursive: true });
  await Deno.copyFile(join(PROJECT, "deno.json"), `${folder}/deno.json`);
  for (const { name } of Deno.readDirSync(join(PROJECT, "shared/streams"))) {
    await Deno.copyFile(join(PROJECT, "shared/streams", name), `${folder}/shared/streams/${name}`);
  }
}

/** Runs Deno in a folder. @returns exit code and output */
async function run(cwd: string, args: readonly string[], env: Record<string, string> = {}) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd,
    env: { NO_COLOR: "1", ...env },
  }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

const programOf = (service: string) =>
  `run --quiet --no-prompt --node-modules-dir=none -P=${service} dist/${service}/main.js`.split(" ");

for (const service of ["producer", "consumer", "dashboard"]) {
  Deno.test(`the bundle of the ${service} finds the streams in TypeScript and restricts permissions`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      await bundle(service, folder);
      const { code, stdout } = await run(folder, programOf(service), { STREAMS: "nope" });
      assert.equal(code, 2, stdout);
      assert.ok(stdout.includes(`The streams are ${streamNames(`${folder}/none`).join(", ")}.`), stdout);
      const denied = await run(folder, programOf(service), { STREAMS_DIRECTORY: PROJECT });
      assert.equal(denied.code, 2, denied.stdout);
      assert.match(denied.stdout, /services can only read files in/);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("the bundle of the consumer applies the patches of kafkajs and loads all streams in TypeScript", async () => {
  const folder = await Deno.makeTempDir();
  try {
    // In one bundle, so that the test has the consumer's copy of kafkajs.
    await bundle("consumer", folder, `${PATCH_TEST}.ts`);
    const test = ["test", "-A", "--no-check", "--no-config", `dist/${PATCH_TEST}.js`];
    const { code, stdout, stderr } = await run(folder, test);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /\b7 passed/);
    const STREAMS = streamNames(`${folder}/none`).join(",");
    const doctor = await run(folder, [...programOf("consumer"), "doctor", "--json"], { STREAMS });
    const [settings] = JSON.parse(doctor.stdout || "{}").checks ?? [];
    assert.deepEqual([settings?.id, settings?.mark], ["settings", "ok"], doctor.stdout + doctor.stderr);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
