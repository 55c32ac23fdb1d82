import assert from "assert";
import { Certificates } from "../settings/certificates_fixture.ts";
import { assertFails, contextOf } from "../context_fixture.ts";
import { checkBrokers, checkKafkaTls, checkSasl } from "./login.ts";
import { int16, int32, startBroker, startSilence, string } from "../server_fixture.ts";

type Env = Record<string, string | number>;

async function outcomeOf(check: typeof checkSasl, port: number, env: Env, host = "127.0.0.1") {
  await using context = await contextOf({ KAFKA_BOOTSTRAP_SERVERS: `${host}:${port}`, ...env });
  context.set("servers", [{ host, port }]);
  return await check(context);
}

Deno.test("checkKafkaTls() fails with the cause when the server's certificate is not trusted", async () => {
  await using files = await Certificates.create();
  const project = await files.authority("Project CA");
  const other = await files.authority("Other CA");
  const right = await files.issue("kafka", project);
  const old = await files.issue("old", project, { expired: true });
  await using broker = await startBroker({ certificate: right });
  await using expired = await startBroker({ certificate: old });
  const env = { KAFKA_SECURITY_PROTOCOL: "SSL", KAFKA_SSL_CAFILE: project.certificate };
  const tls = (more: Env, port = broker.port, host?: string) =>
    outcomeOf(checkKafkaTls, port, { ...env, ...more }, host);

  const fine = await tls({});
  assert.equal(fine.mark, "ok", fine.message);
  assert.match(fine.message, /“kafka” signed by “Project CA”, chain and host name verified/);
  assertFails(
    await tls({ KAFKA_SSL_CAFILE: "" }),
    /issued by “Project CA”, which is not one of the system's CAs.*KAFKA_SSL_CAFILE/,
  );
  assertFails(
    await tls({ KAFKA_SSL_CAFILE: other.certificate }),
    /issued by “Project CA”, and .* contains the CA “Other CA”.*another project/,
  );
  assertFails(await tls({}, broker.port, "localhost"), /is for IP Address:127\.0\.0\.1, not localhost/);
  assertFails(await tls({}, expired.port), /“old” expired on/);
});

Deno.test("checkKafkaTls() fails with the cause when port and security protocol do not match", async () => {
  await using files = await Certificates.create();
  const project = await files.authority("Project CA");
  const certificate = await files.issue("kafka", project);
  const user = await files.issue("user", project);
  const stranger = await files.issue("stranger", await files.authority("Other CA"));
  await using plain = await startBroker();
  await using plainSasl = await startBroker({ mechanisms: ["PLAIN"] });
  await using sasl = await startBroker({ certificate, mechanisms: ["SCRAM-SHA-256"] });
  await using mutual = await startBroker({ certificate, clientAuthority: project });
  await using silent = await startSilence();
  const tls = (protocol: string, port: number, more: Env = {}) =>
    outcomeOf(checkKafkaTls, port, {
      KAFKA_SECURITY_PROTOCOL: protocol,
      ...protocol === "SASL_SSL" && { KAFKA_SASL_PLAIN_USERNAME: "me", KAFKA_SASL_PLAIN_PASSWORD: "hush" },
      KAFKA_SSL_CAFILE: project.certificate,
      ...more,
    });
  const client = (pair: typeof user) => ({
    KAFKA_SSL_CERTFILE: pair.certificate,
    KAFKA_SSL_KEYFILE: pair.key,
  });

  assertFails(
    await tls("PLAINTEXT", sasl.port),
    /requires TLS, but KAFKA_SECURITY_PROTOCOL=PLAINTEXT does not.*set KAFKA_SECURITY_PROTOCOL=SASL_SSL/,
  );
  assertFails(
    await tls("PLAINTEXT", mutual.port),
    /a client certificate: set KAFKA_SECURITY_PROTOCOL=SSL .*KAFKA_SSL_KEYFILE/,
  );
  assertFails(await tls("SSL", plain.port), /does not support TLS.*KAFKA_SECURITY_PROTOCOL=PLAINTEXT/);
  assertFails(
    await tls("SASL_SSL", plainSasl.port),
    /does not support TLS.*KAFKA_SECURITY_PROTOCOL=SASL_PLAINTEXT/,
  );
  assertFails(
    await tls("SASL_SSL", mutual.port),
    /port requires a client certificate, but KAFKA_SECURITY_PROTOCOL=SASL_SSL.*Use the SASL port/,
  );
  assertFails(
    await tls("SSL", mutual.port),
    /requires a client certificate, but KAFKA_SSL_CERTFILE is not set/,
  );
  assertFails(
    await tls("SSL", mutual.port, client(stranger)),
    /did not accept the client certificate .*stranger/,
  );
  assertFails(await tls("PLAINTEXT", silent.port), /does not respond to Kafka requests/);
  assertFails(await tls("SSL", silent.port), /does not respond to Kafka requests/);
  assert.equal((await tls("SSL", mutual.port, client(user))).mark, "ok");
  assert.equal((await tls("PLAINTEXT", plain.port)).mark, "skipped");
});

Deno.test("checkSasl() fails with the cause when port, protocol and mechanism do not match", async () => {
  await using files = await Certificates.create();
  const project = await files.authority("Project CA");
  const certificate = await files.issue("kafka", project);
  const user = await files.issue("user", project);
  await using sasl = await startBroker({ certificate, mechanisms: ["SCRAM-SHA-256", "PLAIN"] });
  await using none = await startBroker({ certificate });
  const login = (protocol: string, port: number, more: Env = {}) =>
    outcomeOf(checkSasl, port, {
      KAFKA_SECURITY_PROTOCOL: protocol,
      KAFKA_SSL_CAFILE: project.certificate,
      KAFKA_SASL_PLAIN_USERNAME: "avnadmin",
      KAFKA_SASL_PLAIN_PASSWORD: "hush",
      ...more,
    });

  assertFails(
    await login("SSL", sasl.port, { KAFKA_SSL_CERTFILE: user.certificate, KAFKA_SSL_KEYFILE: user.key }),
    /requires SASL \(SCRAM-SHA-256, PLAIN\).*SASL port does not accept client certificates/,
  );
  assertFails(
    await login("SSL", sasl.port),
    /Set KAFKA_SECURITY_PROTOCOL=SASL_SSL, KAFKA_SASL_PLAIN_USERNAME/,
  );
  assertFails(await login("SASL_SSL", none.port), /does not use SASL, but KAFKA_SECURITY_PROTOCOL=SASL_SSL/);
  assertFails(
    await login("SASL_SSL", sasl.port, { KAFKA_SASL_MECHANISM: "SCRAM-SHA-512" }),
    /does not support SCRAM-SHA-512, only SCRAM-SHA-256, PLAIN. Set KAFKA_SASL_MECHANISM=SCRAM-SHA-256/,
  );
  // The stand-in hangs up on SaslAuthenticate.
  const refused = await login("SASL_SSL", sasl.port, { KAFKA_SASL_MECHANISM: "PLAIN" });
  assertFails(refused, /“avnadmin” with PLAIN failed.*KAFKA_SASL_PLAIN_PASSWORD/);
  assert.doesNotMatch(JSON.stringify(refused), /hush/);
  await assert.rejects(
    login("SASL_SSL", sasl.port, { KAFKA_SASL_PLAIN_PASSWORD: "" }),
    /KAFKA_SASL_PLAIN_PASSWORD is not set/,
  );
  assert.equal((await login("SSL", none.port)).mark, "skipped");
});

Deno.test("checkBrokers() fails when a broker advertises an unreachable address", async () => {
  const broker = (node: number, port: number) =>
    [int32(node), string("127.0.0.1"), int32(port), int16(-1)] as const;
  const answer = (...ports: number[]) =>
    new Uint8Array(
      [
        int32(0),
        int32(ports.length),
        ...ports.flatMap((port, node) => broker(node, port)),
        int16(-1), // no cluster id
        int32(0),
        int32(0), // no topics
        int32(-2_147_483_648),
      ].flatMap((piece) => [...piece]),
    );
  await using other = await startBroker();
  const check = async (...ports: number[]) => {
    await using bootstrap = await startBroker({ metadata: answer(...ports) });
    await using context = await contextOf({ KAFKA_BOOTSTRAP_SERVERS: `127.0.0.1:${bootstrap.port}` });
    context.set("servers", [{ host: "127.0.0.1", port: bootstrap.port }]);
    await checkSasl(context);
    return await checkBrokers(context);
  };
  assert.match((await check(other.port)).message, new RegExp(`1 reachable: 127.0.0.1:${other.port}`));
  assertFails(
    await check(other.port, 1),
    /^broker 1 advertises 127\.0\.0\.1:1, and it refuses.*advertised\.listeners/,
  );
});
