import assert from "assert";
import { hold, readHoldSettings } from "./hold.ts";

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

for (
  const [what, args, env, expected] of [
    ["nothing is set", [], {}, ["exit", "127.0.0.1", 0]],
    ["the environment sets them", [], { ON_CONFIGURATION_ERROR: "hold", HTTP_PORT: "99" }, [
      "hold",
      "127.0.0.1",
      99,
    ]],
    ["a flag overrides the environment", ["--on-configuration-error", "exit"], {
      ON_CONFIGURATION_ERROR: "hold",
    }, [
      "exit",
      "127.0.0.1",
      0,
    ]],
    ["other flags are wrong", ["x", "--no-such", "--http-port=5", "--count"], {
      ON_CONFIGURATION_ERROR: "hold",
    }, [
      "hold",
      "127.0.0.1",
      5,
    ]],
    ["they are wrong themselves", [], { ON_CONFIGURATION_ERROR: "wait", HTTP_PORT: "http" }, [
      "exit",
      "127.0.0.1",
      0,
    ]],
  ] as const
) {
  Deno.test(`readHoldSettings() returns the settings or defaults when ${what}`, () => {
    const settings = readHoldSettings({ args, env: (name) => (env as Record<string, string>)[name] });
    assert.deepEqual([settings.ON_CONFIGURATION_ERROR, settings.HTTP_HOST, settings.HTTP_PORT], expected);
  });
}

Deno.test("hold() repeats the reasons until a signal stops it", async () => {
  const lines: string[] = [];
  const { promise, resolve } = Promise.withResolvers<void>();
  const held = hold(
    ["A is wrong.", "B is wrong."],
    readHoldSettings({ args: [], env: () => undefined }),
    (level, _event, message) => {
      lines.push(`${level} ${message}`);
      if (lines.length === 3) resolve();
    },
    () => assert.fail("one signal only"),
    10,
  );
  await promise;
  assert.match(lines[0]!, /^warn .*ON_CONFIGURATION_ERROR/);
  assert.deepEqual(lines.slice(1), Array(2).fill("error The service is on hold: A is wrong. B is wrong."));
  Deno.kill(Deno.pid, "SIGHUP");
  await held;
});

/** Starts a producer with the permissions of deno.json. Returns the process, its log, and the URL of its probes. */
function startProducer(settings: Record<string, string>) {
  const port = freePort();
  const { PATH = "", HOME = "", DENO_DIR = "" } = Deno.env.toObject();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", "-P=producer", "producer/main.ts"],
    cwd: new URL("..", import.meta.url),
    clearEnv: true,
    env: { PATH, HOME, ...DENO_DIR && { DENO_DIR }, HTTP_PORT: `${port}`, LOG_FORMAT: "json", ...settings },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  return { child, log: new Response(child.stdout).text(), readyz: `http://127.0.0.1:${port}/readyz` };
}

for (
  const [what, settings, reason] of [
    ["a setting", { PRODUCER_RATE: "many" }, /PRODUCER_RATE/],
    [
      "a file that a setting names",
      { KAFKA_SECURITY_PROTOCOL: "SSL", KAFKA_SSL_CAFILE: "res/no.pem" },
      /res\/no\.pem.*KAFKA_SSL_CAFILE/,
    ],
  ] as const
) {
  Deno.test(`runService() stays up but not ready, and exits with 2 at SIGTERM, when ${what} is invalid and ON_CONFIGURATION_ERROR=hold`, async () => {
    const { child, log, readyz } = startProducer({ ON_CONFIGURATION_ERROR: "hold", ...settings });
    try {
      let answer: { status: number; body: string } | undefined;
      for (const deadline = performance.now() + 20_000; !answer && performance.now() < deadline;) {
        await new Promise((done) => setTimeout(done, 50));
        answer = await fetch(readyz).then(
          async (r) => ({ status: r.status, body: await r.text() }),
          () => undefined,
        );
        // Before the error it waits for Kafka.
        if (answer && !reason.test(answer.body)) answer = undefined;
      }
      assert.equal(answer?.status, 503);
    } finally {
      child.kill("SIGTERM");
    }
    assert.equal((await child.status).code, 2);
    assert.match(await log, reason);
  });
}

Deno.test("runService() exits with 2 when a setting is invalid and ON_CONFIGURATION_ERROR is not hold", async () => {
  const { child, log } = startProducer({ PRODUCER_RATE: "many" });
  assert.equal((await child.status).code, 2);
  assert.match(await log, /PRODUCER_RATE/);
});
