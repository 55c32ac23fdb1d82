import assert from "assert";
import { envFileText, quoted, writeEnvFile } from "./env_file.ts";

Deno.test("envFileText() has the connections, and the settings that programs must share", () => {
  const flags = { STREAMS: "routes", CONSUMER_GROUP_ID: "g", KAFKA_TOPIC_PREFIX: "p.", PRODUCER_COUNT: "7" };
  assert.equal(
    envFileText({ PGHOST: "127.0.0.1", PGPASSWORD: "a b#$c" }, flags, "http://localhost:8080"),
    `# Written by deno task start. Its ports are kept for the next start.
# Dashboard: http://localhost:8080
PGHOST=127.0.0.1
PGPASSWORD='a b#$c'
STREAMS=routes
CONSUMER_GROUP_ID=g
KAFKA_TOPIC_PREFIX=p.
`,
  );
});

Deno.test("quoted() is read by a shell and by Deno as the text", async () => {
  const path = await Deno.makeTempFile();
  try {
    for (const text of ["plain/1.2", "a b#$c\\", 'say "x"', "it's", "ü", ""]) {
      await Deno.writeTextFile(path, `X=${quoted(text)}\n`);
      const code = 'console.log(Deno.env.get("X"))';
      const deno = await output(Deno.execPath(), [
        "run",
        "-A",
        `--env-file=${path}`,
        `data:text/javascript,${code}`,
      ]);
      const shell = await output("/bin/sh", [
        "-c",
        `echo ${quoted("-")} >/dev/null; . "$0"; printf '%s\\n' "$X"`,
        path,
      ]);
      assert.deepEqual([deno, shell], [`${text}\n`, `${text}\n`]);
    }
  } finally {
    await Deno.remove(path);
  }
});

Deno.test("writeEnvFile() replaces the file, readable only by its owner", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/start.env`;
    await Deno.writeTextFile(path, "old", { mode: 0o644 });
    writeEnvFile(path, "new");
    assert.equal(await Deno.readTextFile(path), "new");
    assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
    assert.deepEqual([...Deno.readDirSync(folder)].length, 1);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

async function output(command: string, args: string[]): Promise<string> {
  const { stdout } = await new Deno.Command(command, { args, stderr: "inherit" }).output();
  return new TextDecoder().decode(stdout);
}
