import assert from "assert";
import { join } from "node:path";
import type { Result } from "./check.ts";
import { Certificates } from "./settings/certificates_fixture.ts";

const ROOT = join(import.meta.dirname!, "..");

/** Runs a program of the consumer's with nothing but what it may do and these settings. */
async function run(program: string, args: string[], env: Record<string, string>) {
  const { HOME = "/", PATH = "", DENO_DIR } = Deno.env.toObject();
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "-P=consumer", program, ...args],
    cwd: ROOT,
    env: {
      HOME,
      PATH,
      ...DENO_DIR !== undefined && { DENO_DIR },
      // Nothing listens on these ports.
      KAFKA_BOOTSTRAP_SERVERS: "127.0.0.1:1",
      PGHOST: "127.0.0.1",
      PGPORT: "1",
      HOST_SETTINGS: "",
      ...env,
    },
    clearEnv: true,
  }).output();
  return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
}

for (const program of ["doctor/main.ts", "consumer/main.ts"]) {
  Deno.test(`${program} prints the version when --version is given`, async () => {
    const { code, stdout } = await run(program, ["--version"], {});
    assert.equal(code, 0);
    assert.match(stdout, /^routes \d+\.\d+\.\d+\n$/);
  });
}

Deno.test("doctor() prints a line per check and exits with 1 when one fails", async () => {
  const { code, stdout, stderr } = await run("doctor/main.ts", [], { PGPASSWORD: "hush" });
  assert.equal(code, 1, stderr);
  assert.match(
    stdout,
    /^Kafka\n(?:.*\n)*? +✗ TCP +127\.0\.0\.1:1 refuses connections\. Check that the server/m,
  );
  assert.match(stdout, /^ +– topics +skipped: requires Kafka TCP$/m);
  assert.match(stdout, /2 checks failed: \d+ ✓, \d+ !, 2 ✗, \d+ –/);
  assert.doesNotMatch(stdout + stderr, /hush/);
});

Deno.test("doctor() prints one JSON object when --json is given, also as `consumer doctor`", async () => {
  await using files = await Certificates.create();
  const { certificate } = await files.authority("Project CA");
  const { code, stdout, stderr } = await run("consumer/main.ts", ["doctor", "--json"], {
    KAFKA_SECURITY_PROTOCOL: "SSL",
    KAFKA_SSL_CAFILE: certificate,
  });
  assert.equal(code, 1, stderr);
  const report: { ok: boolean; checks: Result[] } = JSON.parse(stdout);
  assert.equal(report.ok, false);
  const ca = report.checks.find(({ id }) => id === "kafka.ca");
  assert(ca);
  assert.equal(ca.mark, "failed");
  assert.match(ca.message, /only read files in res\/ and \/run\/secrets\//);
});

Deno.test("doctor() skips all other checks when the settings are invalid", async () => {
  const { code, stdout } = await run("doctor/main.ts", ["--json"], { PGPORT: "door" });
  assert.equal(code, 1);
  const { checks }: { checks: Result[] } = JSON.parse(stdout);
  assert.deepEqual(checks.filter(({ mark }) => mark !== "skipped").map(({ id }) => id), ["settings"]);
  assert.match(checks[0]!.message, /PGPORT/);
});
