import assert from "assert";
import { type Check, type Outcome, runChecks } from "../check.ts";
import { Context } from "../context.ts";
import { checkSettings } from "./check_settings.ts";

async function check(env: Record<string, string>, ini?: string, args: string[] = []): Promise<Outcome> {
  await using context = new Context({
    args,
    env: (name) => env[name],
    readFile: (path) => {
      if (ini === undefined) throw new Deno.errors.NotFound(path);
      return ini;
    },
  });
  const settings: Check<Context> = {
    id: "settings",
    section: "Settings",
    title: "settings",
    needs: [],
    run: checkSettings,
  };
  return (await runChecks([settings], context).next()).value!;
}

Deno.test("checkSettings() reports the source of each setting when all are valid", async () => {
  const { mark, message, details } = await check(
    { KAFKA_BOOTSTRAP_SERVERS: "kafka:9092", DATABASE_URL: "postgres://me:hush@db:5/routes" },
    "[postgresql]\nsslmode = require\nport = 1\ncolor = blue\n",
    ["--group-id", "g"],
  );
  assert.equal(mark, "ok");
  assert.match(
    message,
    /2 from the environment, 5 from DATABASE_URL, 1 from res\/host_settings.ini, 1 from flags/,
  );
  const text = details!.join("\n");
  assert.match(text, /PGPORT +=  ?5 +\(DATABASE_URL\)/);
  assert.match(text, /PGSSLMODE +=  ?require +\(res\/host_settings.ini\)/);
  assert.match(text, /CONSUMER_GROUP_ID +=  ?g +\(--group-id\)/);
  assert.match(text, /color ignored/);
});

Deno.test("checkSettings() masks secrets", async () => {
  const { details } = await check({
    DATABASE_URL: "postgres://me:hush@db:5/routes",
    KAFKA_SASL_PLAIN_USERNAME: "me",
    KAFKA_SASL_PLAIN_PASSWORD: "hush",
  });
  assert.match(details!.join("\n"), /PGPASSWORD .*•••/);
  assert.doesNotMatch(details!.join("\n"), /hush/);
});

Deno.test("checkSettings() fails with every problem when settings are invalid", async () => {
  const { mark, message } = await check({ PGPORT: "door", LOG_LEVEL: "loud" });
  assert.equal(mark, "failed");
  assert.match(message, /PGPORT \(environment\).*"door".*LOG_LEVEL/);
});

Deno.test("checkSettings() fails when a bootstrap server is a URL, or a stream is unknown", async () => {
  const url = await check({ KAFKA_BOOTSTRAP_SERVERS: "https://kafka.aivencloud.com:1234" });
  assert.match(url.message, /KAFKA_BOOTSTRAP_SERVERS \(environment\).*https.*is not a security protocol/);
  const stream = await check({ STREAMS: "roots" });
  assert.equal(stream.mark, "failed");
  assert.match(stream.message, /"roots".*no such stream$/);
  assert.match(stream.remedy!, /^Did you mean routes\? The streams are /);
});
