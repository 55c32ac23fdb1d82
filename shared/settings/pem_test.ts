import assert from "assert";
import { join } from "node:path";
import { TestServer } from "../test_server_fixture.ts";
import { SettingsError } from "./error.ts";
import { load } from "./load_fixture.ts";
import { readCertificates, readPrivateKey } from "./pem.ts";
import { checkTlsFiles, kafkaTlsFiles, postgresTlsFiles, readTlsFiles } from "./tls_files.ts";
import * as tls from "node:tls";

async function openssl(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args, stdin: "null", stderr: "piped" })
    .output();
  assert.ok(success, new TextDecoder().decode(stderr));
}

const NEW_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

/** A temporary directory. */
class Folder implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async create(): Promise<Folder> {
    return new Folder(await Deno.makeTempDir({ prefix: "pem-" }));
  }

  at = (name: string): string => join(this.path, name);
  read = (name: string): string => Deno.readTextFileSync(this.at(name));

  write(name: string, content: string | Uint8Array): string {
    if (typeof content === "string") Deno.writeTextFileSync(this.at(name), content);
    else Deno.writeFileSync(this.at(name), content);
    return this.at(name);
  }

  /** Creates a self-signed certificate and its key: `NAME.pem` and `NAME.key`. */
  async createCertificate(name: string): Promise<void> {
    await openssl(
      ...["req", "-x509", ...NEW_KEY, "-days", "2", "-subj", `/CN=${name}`],
      ...["-keyout", this.at(`${name}.key`), "-out", this.at(`${name}.pem`)],
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

const file = (path: string, setting = "KAFKA_SSL_CAFILE") => ({ setting, path });
const utf16 = (text: string) =>
  new Uint8Array(Uint16Array.from(`\uFEFF${text}`, (each) => each.charCodeAt(0)).buffer);

function problemsOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  return "";
}

Deno.test("readCertificates() reads what OpenSSL reads, and throws with the remedy when a file is invalid", async () => {
  await using folder = await Folder.create();
  await Promise.all([folder.createCertificate("a"), folder.createCertificate("b")]);
  const [a, b] = [folder.read("a.pem"), folder.read("b.pem")];
  await openssl("x509", "-in", folder.at("a.pem"), "-outform", "DER", "-out", folder.at("a.der"));
  await openssl("x509", "-in", folder.at("a.pem"), "-trustout", "-out", folder.at("trusted.pem"));
  await openssl("req", "-new", "-key", folder.at("a.key"), "-subj", "/CN=a", "-out", folder.at("a.csr"));
  await openssl(
    ...["pkcs12", "-export", "-in", folder.at("a.pem"), "-inkey", folder.at("a.key"), "-passout", "pass:x"],
    ...["-out", folder.at("a.p12")],
  );

  const valid: Record<string, [text: string, subjects: string[]]> = {
    "one": [a, ["CN=a"]],
    "several": [a + b, ["CN=a", "CN=b"]],
    "a byte order mark": ["\uFEFF" + a, ["CN=a"]],
    "CRLF": [(a + b).replaceAll("\n", "\r\n"), ["CN=a", "CN=b"]],
    "CR": [a.replaceAll("\n", "\r"), ["CN=a"]],
    "text around them": [`Bag Attributes\n  a: b\n${a}\n# next\n${b}end`, ["CN=a", "CN=b"]],
    "no line end": [a.trimEnd(), ["CN=a"]],
    "spaces at the ends of lines": [a.replaceAll("\n", " \t\n"), ["CN=a"]],
    "an old label": [a.replaceAll("CERTIFICATE", "X509 CERTIFICATE"), ["CN=a"]],
    "a key beside it": [folder.read("a.key") + a, ["CN=a"]],
  };
  for (const [name, [text, subjects]] of Object.entries(valid)) {
    const certificates = readCertificates(file(folder.write("some.pem", text)));
    assert.deepEqual(certificates.map(({ subject }) => subject), subjects, name);
  }

  const invalid: [content: string | Uint8Array, problem: RegExp][] = [
    ["", /some\.pem \(KAFKA_SSL_CAFILE\) is empty/],
    ["no certificate", /contains no "BEGIN CERTIFICATE" block\. Check KAFKA_SSL_CAFILE\./],
    [
      folder.read("a.key"),
      /contains no "BEGIN CERTIFICATE" block.*"BEGIN PRIVATE KEY": certificate and key may be swapped/,
    ],
    [folder.read("a.csr"), /contains no .* block\. It contains "BEGIN CERTIFICATE REQUEST"/],
    [a.slice(0, 200), /"BEGIN CERTIFICATE" without "END CERTIFICATE".*truncated/],
    [a.slice(0, 200) + "\n" + b, /"BEGIN CERTIFICATE" without "END CERTIFICATE"/],
    [a + b.replace(/^MII.{20}/m, ""), /Certificate 2 in .* is corrupt/],
    [a.replaceAll("\n", ""), /must be on a line of its own.*line breaks/],
    [a.replaceAll(/^/gm, "  "), /must be on a line of its own/],
    [folder.read("trusted.pem"), /TRUSTED CERTIFICATE.*openssl x509 -in/],
    [Deno.readFileSync(folder.at("a.der")), /has the format DER, not PEM.*openssl x509 -inform DER/],
    [Deno.readFileSync(folder.at("a.p12")), /has the format PKCS #12.*openssl pkcs12/],
    [utf16(a), /has the format UTF-16.*Save it as UTF-8/],
    [Uint8Array.of(0xfe, 0xed, 0xfe, 0xed), /Java keystore/],
  ];
  for (const [content, problem] of invalid) {
    assert.match(problemsOf(() => readCertificates(file(folder.write("some.pem", content)))), problem);
  }
  assert.match(problemsOf(() => readCertificates(file(folder.path))), /Cannot read .*: is a directory/);
  assert.match(problemsOf(() => readCertificates(file(folder.at("x.pem")))), /: no such file/);
});

Deno.test("readPrivateKey() reads every kind of key, and throws when one has a passphrase", async () => {
  await using folder = await Folder.create();
  const key = folder.at("rsa.key");
  await openssl("genpkey", "-algorithm", "rsa", "-out", key);
  await openssl("rsa", "-in", key, "-traditional", "-out", folder.at("rsa-old.key"));
  await openssl("ecparam", "-name", "prime256v1", "-genkey", "-out", folder.at("ec-old.key"));
  await openssl("pkey", "-in", folder.at("ec-old.key"), "-out", folder.at("ec.key"));
  await openssl("genpkey", "-algorithm", "ed25519", "-out", folder.at("ed25519.key"));
  await openssl("genpkey", "-algorithm", "x25519", "-out", folder.at("x25519.key"));
  await openssl("pkey", "-in", key, "-aes256", "-passout", "pass:secret", "-out", folder.at("encrypted.key"));
  await openssl(
    ...[
      "rsa",
      "-in",
      key,
      "-traditional",
      "-aes128",
      "-passout",
      "pass:secret",
      "-out",
      folder.at("encrypted-old.key"),
    ],
  );
  await openssl("pkey", "-in", key, "-outform", "DER", "-out", folder.at("der.key"));
  await openssl("pkey", "-in", key, "-pubout", "-out", folder.at("public.key"));

  const read = (name: string) => readPrivateKey(file(folder.at(name), "PGSSLKEY"));
  for (const name of ["rsa", "rsa-old", "ec", "ec-old", "ed25519"]) {
    assert.equal(read(`${name}.key`).asymmetricKeyType, name.replace("-old", ""), name);
  }
  folder.write("bom.key", "\uFEFF" + folder.read("ec-old.key").replaceAll("\n", "\r\n"));
  assert.equal(read("bom.key").asymmetricKeyType, "ec");

  folder.write("one-line.key", folder.read("rsa.key").replaceAll("\n", ""));
  const invalid: Record<string, RegExp> = {
    "one-line.key": /^[^\n]{1,100}one-line\.key \(PGSSLKEY\) contains no PEM block: [^\n]{1,120}$/,
    "encrypted.key": /encrypted\.key \(PGSSLKEY\) is encrypted with a passphrase.*openssl pkey -in/,
    "encrypted-old.key": /is encrypted with a passphrase/,
    "der.key": /has the format DER.*openssl pkey -inform DER/,
    "public.key": /contains no "BEGIN PRIVATE KEY" block\. It contains "BEGIN PUBLIC KEY"/,
    "x25519.key": /of type x25519/,
  };
  for (const [name, problem] of Object.entries(invalid)) assert.match(problemsOf(() => read(name)), problem);
  folder.write("cut.key", folder.read("rsa.key").replace(/^.{64}\n/m, ""));
  assert.match(problemsOf(() => read("cut.key")), /cut\.key \(PGSSLKEY\) is not a valid private key/);
});

Deno.test("checkTlsFiles() reports all problems together when files are missing, swapped or not a pair", async () => {
  await using folder = await Folder.create();
  await Promise.all([folder.createCertificate("a"), folder.createCertificate("b")]);
  const settingsOf = (env: Record<string, string>) => load({ env }).settings;
  const check = (env: Record<string, string>) =>
    problemsOf(() => checkTlsFiles(settingsOf(env), ["kafka", "postgresql"]));
  const kafka = { KAFKA_SECURITY_PROTOCOL: "SSL", KAFKA_SSL_CAFILE: folder.at("a.pem") };
  const postgres = { PGSSLMODE: "verify-ca", PGSSLROOTCERT: folder.at("b.pem") };
  const pair = (certificate: string, key: string) => ({
    KAFKA_SSL_CERTFILE: folder.at(certificate),
    KAFKA_SSL_KEYFILE: folder.at(key),
  });

  assert.equal(check({ ...kafka, ...postgres, ...pair("a.pem", "a.key") }), "");
  assert.match(
    check({ ...kafka, ...pair("a.pem", "b.key") }),
    /b\.key \(KAFKA_SSL_KEYFILE\) is not the key of .*a\.pem/,
  );
  folder.write("chain.pem", folder.read("b.pem") + folder.read("a.pem"));
  assert.match(
    check({ ...kafka, ...pair("chain.pem", "a.key") }),
    /but of certificate 2 in it\. Put the client certificate first/,
  );
  const swapped = check({ ...kafka, ...pair("a.key", "a.pem") }).split("\n");
  assert.equal(swapped.length, 2);
  assert.match(swapped.join(), /swapped.*swapped/);
  const all = check({
    ...kafka,
    ...pair("nowhere.cert", "nowhere.key"),
    ...postgres,
    PGSSLROOTCERT: folder.at("nowhere.pem"),
  });
  assert.equal(all.split("\n").length, 3);

  // Unused files are not read.
  assert.equal(
    check({ KAFKA_SECURITY_PROTOCOL: "PLAINTEXT", KAFKA_SSL_CAFILE: folder.at("nowhere.pem") }),
    "",
  );
  assert.equal(check({ PGSSLMODE: "disable", PGSSLROOTCERT: folder.at("nowhere.pem") }), "");
});

Deno.test("readTlsFiles() returns usable options when the files have a byte order mark, text and CRLF", async () => {
  await using folder = await Folder.create();
  await folder.createCertificate("ca");
  await openssl(
    ...["req", ...NEW_KEY, "-keyout", folder.at("user.key"), "-subj", "/CN=user"],
    ...["-out", folder.at("user.csr")],
  );
  folder.write("user.ext", "subjectAltName=IP:127.0.0.1\n");
  await openssl(
    ...[
      "x509",
      "-req",
      "-in",
      folder.at("user.csr"),
      "-CA",
      folder.at("ca.pem"),
      "-CAkey",
      folder.at("ca.key"),
    ],
    ...["-extfile", folder.at("user.ext"), "-days", "2", "-out", folder.at("user.pem")],
  );
  await openssl("ec", "-in", folder.at("user.key"), "-out", folder.at("user-old.key"));
  const odd = (name: string) =>
    folder.write(`odd-${name}`, "\uFEFF" + ("subject=x\n" + folder.read(name)).replaceAll("\n", "\r\n"));
  const files = readTlsFiles({
    ca: file(odd("ca.pem")),
    certificate: file(odd("user.pem")),
    key: file(odd("user-old.key")),
  });
  let subject: unknown;
  await using server = await TestServer.start(
    tls.createServer({ ...files, requestCert: true, rejectUnauthorized: true }, (socket) => {
      subject = socket.getPeerCertificate().subject?.CN;
      socket.on("error", () => {});
      socket.end("hello");
    }),
  );
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = tls.connect({ host: "127.0.0.1", port: server.port, ...files });
    socket.once("data", (data) => resolve(`${data}`));
    socket.once("error", reject);
  });
  assert.equal(answer, "hello");
  assert.equal(subject, "user");
});

Deno.test("readTlsFiles() reads certificates and key from variables when line breaks are real or literal", async () => {
  await using folder = await Folder.create();
  await Promise.all([folder.createCertificate("ca"), folder.createCertificate("client")]);
  const [ca, certificate, key] = ["ca.pem", "client.pem", "client.key"].map((name) => folder.read(name));
  for (const text of [(pem: string) => pem, (pem: string) => pem.replaceAll("\n", "\\n")]) {
    using environment = new Environment({
      KAFKA_CA_CERT: text(ca!),
      KAFKA_ACCESS_CERT: text(certificate!),
      KAFKA_ACCESS_KEY: text(key!),
      POSTGRESQL_CA_CERT: text(ca!),
    });
    const { settings } = load({ env: { ...environment.variables, PGSSLMODE: "require" } });
    const files = readTlsFiles(kafkaTlsFiles(settings));
    assert.equal(String(files.cert).trim(), certificate!.trim());
    assert.match(String(files.key), /BEGIN PRIVATE KEY/);
    assert.equal([readTlsFiles(postgresTlsFiles(settings)).ca].flat().length, 1);
  }
});

Deno.test("readTlsFiles() names the variable, but shows no content, when it is not PEM", () => {
  using environment = new Environment({
    KAFKA_CA_CERT: "hunter2",
    KAFKA_ACCESS_CERT: "",
    KAFKA_ACCESS_KEY: "",
  });
  const { settings } = load({ env: { ...environment.variables, KAFKA_SECURITY_PROTOCOL: "SSL" } });
  assert.throws(() => readTlsFiles(kafkaTlsFiles(settings)), {
    message:
      'KAFKA_CA_CERT (KAFKA_SSL_CAFILE) contains no "BEGIN CERTIFICATE" block. Check KAFKA_SSL_CAFILE.',
  });
});

/** Sets environment variables of this process until it is disposed. */
class Environment implements Disposable {
  constructor(readonly variables: Record<string, string>) {
    for (const [name, value] of Object.entries(variables)) Deno.env.set(name, value);
  }

  [Symbol.dispose](): void {
    for (const name of Object.keys(this.variables)) Deno.env.delete(name);
  }
}
