/**
 * Embedded servers: start, durability across a stop and a kill, and cleanup.
 *
 * @module
 */
import assert from "assert";
import pg from "pg";
import {
  isPortFree,
  type KafkaServer,
  type PostgresServer,
  ServerError,
  startKafka,
  startPostgres,
} from "../../local/servers/mod.ts";
import { waitUntil } from "../../local/servers/wait_until.ts";

Deno.test("startKafka() keeps topics and records when the broker is stopped or killed", async () => {
  let port: number;
  {
    await using kafka = await startKafka({ kind: "embedded" });
    port = parseInt(kafka.bootstrapServers.split(":")[1]!);
    const created = await kafka.tool("kafka-topics", ["--create", "--topic", "t", "--partitions", "1"]);
    assert.deepEqual([created.code, created.stdout], [0, "Created topic t.\n"], created.stderr);
    await produce(kafka, "one\n");
    await kafka.kill();
    assert.equal(await kafka.running(), false);
    await kafka.start();
    await produce(kafka, "zwölf\n");
    await kafka.stop();
    assert.equal(await kafka.running(), false);
    await kafka.start();
    assert.equal(await kafka.running(), true);
    const consumed = await kafka.tool(
      "kafka-console-consumer",
      ["--topic", "t", "--from-beginning", "--max-messages", "2"],
    );
    assert.equal(consumed.stdout, "one\nzwölf\n", consumed.stderr);
    assert.match(kafka.logs(), /Kafka Server started/);
  }
  assert.ok(isPortFree(port), "the broker is still running");
});

Deno.test("startKafka() names the port when it is in use", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await assert.rejects(startKafka({ kind: "embedded", port: listener.addr.port }), {
    message: `Kafka cannot listen on port ${listener.addr.port}: the port is in use.`,
  });
});

Deno.test("startKafka() reports the error of the broker when a property is invalid", async () => {
  await assert.rejects(
    startKafka({ kind: "embedded", properties: { "process.roles": "nothing" } }),
    (error) => error instanceof ServerError && error.message.includes("process.roles"),
  );
});

Deno.test("startKafka() reports the log of the broker when it does not start", async () => {
  const dataFolder = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${dataFolder}/logs`);
    await Deno.writeTextFile(`${dataFolder}/logs/meta.properties`, "version=7\n");
    await assert.rejects(
      startKafka({ kind: "embedded", dataFolder }),
      (error) => error instanceof ServerError && /did not start.*meta\.properties/s.test(error.message),
    );
  } finally {
    await Deno.remove(dataFolder, { recursive: true });
  }
});

Deno.test("tool() throws when the tool exceeds its timeout", async () => {
  await using kafka = await startKafka({ kind: "embedded" });
  await kafka.tool("kafka-topics", ["--create", "--topic", "t"]);
  await assert.rejects(
    kafka.tool("kafka-console-consumer", ["--topic", "t"], { timeoutMs: 2_000 }),
    /Timed out after 2000 ms/,
  );
});

Deno.test("startPostgres() keeps rows when the server is stopped or killed during a query", async () => {
  let port: number;
  {
    await using postgres = await startPostgres({ kind: "embedded", settings: { max_connections: "7" } });
    port = postgres.port;
    await query(postgres, "CREATE TABLE t (x INT)");
    await query(postgres, "INSERT INTO t VALUES (1)");
    for (const end of [() => postgres.kill(), () => postgres.stop()]) {
      // A backend that is busy does not notice that the server has ended.
      const busy = query(postgres, "SELECT count(*) FROM generate_series(1, 1e12)").then(
        () => "done",
        () => "aborted",
      );
      const isBusy = "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%1e12%' AND pid <> pg_backend_pid()";
      await waitUntil("the query to run", async () => (await query(postgres, isBusy)).length === 1);
      await end();
      assert.equal(await postgres.running(), false);
      assert.equal(await busy, "aborted");
      await postgres.start();
      assert.equal(await postgres.running(), true);
    }
    assert.match(postgres.logs(), /database system is shut down/);
    assert.deepEqual(await query(postgres, "SELECT x FROM t"), [{ x: 1 }]);
    assert.deepEqual(await query(postgres, "SHOW max_connections"), [{ max_connections: "7" }]);
    assert.match(postgres.logs(), /ready to accept connections/);
  }
  assert.ok(isPortFree(port), "the server is still running");
});

Deno.test("startPostgres() rejects a login when the password is wrong", async () => {
  await using postgres = await startPostgres({ kind: "embedded" });
  const url = postgres.url().replace(`:${postgres.password}@`, ":wrong@");
  await assert.rejects(query({ url: () => url }, "SELECT 1"), /password authentication failed/);
});

async function produce(kafka: KafkaServer, text: string): Promise<void> {
  const { code, stderr } = await kafka.tool("kafka-console-producer", ["--topic", "t"], { stdin: text });
  assert.equal(code, 0, stderr);
}

async function query(postgres: Pick<PostgresServer, "url">, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: postgres.url() });
  client.on("error", () => {}); // The aborted query rejects, too.
  try {
    await client.connect();
    return (await client.query(sql)).rows;
  } finally {
    client.end().catch(() => {});
  }
}
