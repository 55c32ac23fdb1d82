import assert from "assert";
import { waitUntil } from "../harness/wait.ts";
import { dockerOk, whyNoEngine } from "./engine.ts";
import { fillIn, withClientCertificate } from "./env_file.ts";
import { RemoteServers } from "./remote.ts";
import { Stack } from "./stack.ts";
import { assertHardened, BUILD, step, stopService, UP } from "./steps.ts";

const reason = await whyNoEngine();
if (reason !== undefined) console.log(`Skipped the tests of the Compose stack: ${reason}.`);

/** The stack with servers outside of it. */
interface HostedStack {
  readonly stack: Stack;
  readonly remote: RemoteServers;
  /** Content of `res/aiven.env.example`, with a client certificate. */
  readonly example: string;
  readonly uri: string;
  /** Values for the example. */
  readonly values: { readonly KAFKA_BOOTSTRAP_SERVERS: string; readonly DATABASE_URL: string };
}

Deno.test({
  name:
    "docker compose --env-file runs the pipeline against other servers over TLS, and starts none of its own",
  ignore: reason !== undefined,
  fn: async (t) => {
    await using stack = new Stack();
    await using remote = new RemoteServers(`${stack.name}_default`);
    const example = withClientCertificate(Deno.readTextFileSync(stack.file("res/aiven.env.example")));
    const uri = `postgres://${remote.user}:${remote.password}@${remote.postgres}/routes` +
      "?sslmode=verify-full&sslrootcert=res/ssl/ca.pem";
    const values = { KAFKA_BOOTSTRAP_SERVERS: remote.kafka, DATABASE_URL: uri };
    stack.options = ["--env-file", "res/aiven.env"];
    const hosted: HostedStack = { stack, remote, example, uri, values };

    await step(t, "stores rows", () => storeRemotely(hosted));

    await step(t, "starts no servers", () => assertNoServers(hosted));

    await step(t, "connects with TLS", () => assertTls(hosted));

    await step(t, "reveals no password that is in a file", () => usePasswordFile(hosted));

    await step(t, "stops with exit code 0", () => stopRemote(hosted));

    await step(
      t,
      "stays up, not ready, and reports the reason when it cannot read a key",
      () => denyKey(hosted),
    );
  },
});

async function storeRemotely({ stack, remote, example, values }: HostedStack): Promise<void> {
  Deno.writeTextFileSync(stack.file("res/aiven.env"), fillIn(example, values));
  await remote.issueCertificates(stack.file("res/ssl"));
  // Creates the network of the remote servers, which must run before the stack starts.
  await stack.compose(["create"], BUILD);
  await remote.start();
  await stack.compose(["up", "--detach"], UP);
  await waitUntil("rows", async () => {
    const [[rows]] = await remote.query("routes", "SELECT count(*) FROM routes_table") as [[string]];
    return Number(rows) > 100;
  }, { pollIntervalMs: 500 });
  await stack.waitForHealthy(3);
}

async function assertNoServers({ stack }: HostedStack): Promise<void> {
  const services = (await stack.containers()).map(({ Service }) => Service).sort();
  assert.deepEqual(services, ["consumer", "dashboard", "producer"]);
}

async function assertTls({ stack, remote, example, values }: HostedStack): Promise<void> {
  const sessions = await remote.query(
    "routes",
    `SELECT ssl, version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'routes-consumer'`,
  );
  assert(sessions.length > 0, "the consumer has no session");
  for (const [ssl, version] of sessions) assert.deepEqual([ssl, version], ["t", "TLSv1.3"]);
  // This is Kafka's only external listener, and it requires a client certificate.
  Deno.writeTextFileSync(
    stack.file("res/no-certificate.env"),
    fillIn(example, { ...values, KAFKA_SSL_CERTFILE: undefined, KAFKA_SSL_KEYFILE: undefined }),
  );
  stack.options = ["--env-file", "res/no-certificate.env"];
  const refused = await stack.runOnce("producer", "--count", "1");
  stack.options = ["--env-file", "res/aiven.env"];
  assert.equal(refused.code, 2, refused.stdout + refused.stderr);
  assert.match(refused.stdout + refused.stderr, /KAFKA_SSL_CERTFILE/);
}

async function usePasswordFile({ stack, remote, example, uri, values }: HostedStack): Promise<void> {
  const fromFile = fillIn(example, { ...values, DATABASE_URL: undefined }) +
    "DATABASE_URL_FILE=res/ssl/database_url\n";
  Deno.writeTextFileSync(stack.file("res/ssl/database_url"), `${uri}\n`);
  Deno.writeTextFileSync(stack.file("res/aiven.env"), fromFile);
  await stack.compose(["up", "--detach"], UP);
  await stack.waitForHealthy(3);
  for (const container of await stack.containers()) {
    await assertHardened(stack, container);
    const shown = await dockerOk(["inspect", container.ID]);
    assert(!shown.includes(remote.password), `docker inspect shows the password in ${container.Name}`);
  }
  assert(!(await stack.compose(["logs"])).includes(remote.password), "the logs show the password");
}

async function stopRemote({ stack }: HostedStack): Promise<void> {
  await stopService(stack, "producer", 1);
  await stopService(stack, "consumer", 1);
}

async function denyKey({ stack }: HostedStack): Promise<void> {
  Deno.chmodSync(stack.file("res/ssl/service.key"), 0o600);
  await stack.compose(["up", "--detach", "consumer"], UP);
  const [consumer] = await stack.containers("consumer");
  const ready = await waitUntil("the reason on /readyz", async () => {
    const answer = await stack.request(consumer!, "/readyz");
    return answer.stdout.includes("service.key") && answer;
  }, { pollIntervalMs: 200 });
  assert.equal(ready.code, 1, "the health check fails");
  assert.match(ready.stdout, /service\.key.*mode 600.*CONTAINER_USER/);
  assert.equal((await stack.inspect(consumer!)).RestartCount, 0);
  await stopService(stack, "consumer", 1, 2);
}
