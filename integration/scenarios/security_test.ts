import assert from "assert";
import { Buffer } from "node:buffer";
import { join } from "node:path";
import { PROJECT } from "../harness/project.ts";
import { expectStartupFailure, type StartupFailure } from "../harness/startup_failure.ts";
import { scenario } from "../harness/scenario.ts";
import { MECHANISMS, startScramServers } from "../harness/scram_servers.ts";
import { inheritedEnvironment, type TestService } from "../harness/service.ts";
import { within } from "../harness/wait.ts";

scenario({
  name: "producer and consumer work over SASL_SSL when Kafka requires a password",
  failure:
    "None: Kafka with SCRAM-SHA-256 and SCRAM-SHA-512 over TLS, the password from a file or the environment",
  result:
    "Rows equal records; a wrong password, user or mechanism: exit code 2, and the message names the setting",
  services: "process",
}, async (s) => {
  const scram = await startScramServers(s.postgres);
  const t = await s.withServers("services", scram);
  const services: TestService[] = [];
  for (const mechanism of MECHANISMS) {
    const password = scram.password(mechanism);
    const file = join(scram.folder, mechanism);
    await Deno.writeTextFile(file, `${password}\n`);
    const settings = scram.settings(mechanism);
    const consumer = await t.startConsumer({ ...settings, KAFKA_SASL_PLAIN_PASSWORD_FILE: file });
    services.push(consumer);
    await t.produce(5_000, { ...settings, KAFKA_SASL_PLAIN_PASSWORD: password, PRODUCER_SEED: mechanism });
  }
  await t.reconcile({ unless: () => services.forEach((service) => service.assertRunning()) });

  const [sha256] = MECHANISMS;
  const right = { ...scram.settings(sha256), KAFKA_SASL_PLAIN_PASSWORD: scram.password(sha256) };
  const refusals: StartupFailure[] = [
    ["a wrong password", { KAFKA_SASL_PLAIN_PASSWORD: "wrong" }, /KAFKA_SASL_PLAIN_PASSWORD/],
    ["an unknown user", { KAFKA_SASL_PLAIN_USERNAME: "nobody" }, /KAFKA_SASL_PLAIN_USERNAME/],
    ["a mechanism that is not offered", { KAFKA_SASL_MECHANISM: "PLAIN" }, /KAFKA_SASL_MECHANISM/],
    ["a Kafka without TLS", { KAFKA_BOOTSTRAP_SERVERS: s.kafka.bootstrapServers }, /TLS/],
  ];
  const results = await Promise.all(
    refusals.flatMap(([what, settings, message]) =>
      (["producer", "consumer"] as const).map((name) =>
        expectStartupFailure(t, name, what, { ...right, ...settings }, message)
      )
    ),
  );
  const problems = results.filter((result) => result !== undefined);
  assert.equal(problems.length, 0, problems.join("\n"));
});

scenario({
  name: "services reveal no secret when they work, fail to log in, or have invalid settings",
  failure: "Secrets that are right, wrong, or in an invalid setting; log level debug",
  result: "No log line, error, metric, probe or doctor report contains a secret",
  services: "process",
}, async (s) => {
  const scram = await startScramServers(s.postgres);
  const t = await s.withServers("services", scram);
  const [mechanism] = MECHANISMS;
  const { host, port } = s.postgres;
  const secrets = {
    kafka: scram.password(mechanism),
    postgres: `${crypto.randomUUID()}%41`,
    wrong: "wrong-8b1d4c5e",
    url: "in-a-url-91c3a7",
  };
  const user = `${s.id}-app`;
  await t.database.create();
  await t.database.query(
    `CREATE ROLE "${user}" LOGIN PASSWORD '${secrets.postgres}';
     GRANT CREATE ON DATABASE "${t.database.name}" TO "${user}";
     GRANT ALL ON SCHEMA public TO "${user}"`,
  );
  const verbose = {
    ...scram.settings(mechanism),
    KAFKA_SASL_PLAIN_PASSWORD: secrets.kafka,
    PGUSER: user,
    PGPASSWORD: secrets.postgres,
    LOG_LEVEL: "debug",
  };
  const shown: [where: string, text: string][] = [];

  const consumer = await t.startConsumer(verbose);
  await t.produce(2_000, verbose);
  await t.reconcile({ unless: () => consumer.assertRunning() });
  for (const page of ["metrics", "healthz", "readyz"]) {
    shown.push([page, await (await fetch(`${consumer.http}/${page}`)).text()]);
  }
  await consumer.stop();
  shown.push(["the consumer's log", consumer.log]);

  const wrong: [what: string, settings: Record<string, string>][] = [
    ["a wrong password of Kafka", { KAFKA_SASL_PLAIN_PASSWORD: secrets.wrong }],
    ["a wrong password of PostgreSQL", { PGPASSWORD: secrets.wrong }],
    ["a wrong password in a URL", {
      DATABASE_URL: `postgres://${user}:${secrets.url}@${host}:${port}/${t.database.name}?sslmode=disable`,
      PGPASSWORD: "",
    }],
    ["an invalid URL", { DATABASE_URL: `postgres://${user}:${secrets.url}@:port:/` }],
    ["conflicting settings", {
      DATABASE_URL: `postgres://${user}:${secrets.url}@elsewhere/`,
      PGPORT: "none",
    }],
  ];
  await Promise.all(wrong.map(async ([what, settings]) => {
    const service = await t.startConsumer({ ...verbose, ...settings });
    assert.equal(await within(`the consumer to exit with ${what}`, 30_000, service.exited), 2, service.log);
    shown.push([what, service.log]);
  }));
  for (const [what, settings] of [["valid settings", {}], ...wrong] as const) {
    const doctor = await t.startDoctor({ ...verbose, ...settings }, ["--json"]);
    await within("the doctor to exit", 60_000, doctor.exited);
    shown.push([`the doctor with ${what}`, doctor.log]);
  }
  await t.database.query(`DROP OWNED BY "${user}" CASCADE; DROP ROLE "${user}"`);

  const leaks = shown.flatMap(([where, text]) =>
    Object.entries(secrets)
      .filter(([, secret]) => encodingsOf(secret).some((form) => text.includes(form)))
      .map(([name]) => `${where} contains the secret "${name}"`)
  );
  assert.deepEqual(leaks, []);
});

/** Encodings of a secret: as is, in a URL, in JSON, and in Base64. */
function encodingsOf(secret: string): string[] {
  return [
    secret,
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    Buffer.from(secret).toString("base64").replace(/=+$/, ""),
  ];
}

scenario({
  name: "services are restricted by their permissions when foreign code runs in them",
  failure: "Code in a service reads other files, writes files, starts programs, or reads the environment",
  result: "Deno denies each: a service can use the network and read its settings and certificates",
  services: "process",
}, async () => {
  for (const service of ["producer", "consumer", "rejects", "doctor", "dashboard"]) {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--no-prompt", `-P=${service}`, "integration/harness/permission_probe.ts"],
      cwd: PROJECT,
      env: inheritedEnvironment(),
      clearEnv: true,
    }).output();
    assert(success, new TextDecoder().decode(stderr));
    assert.deepEqual(JSON.parse(new TextDecoder().decode(stdout)), [], service);
  }
});
