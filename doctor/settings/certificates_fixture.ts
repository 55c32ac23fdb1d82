/**
 * Creates certificates for tests with `openssl`.
 *
 * @module
 */
import { join } from "node:path";

/** Paths of a certificate and its key (PEM). */
export interface Pair {
  readonly certificate: string;
  readonly key: string;
}

/** A temporary folder of certificates. */
export class Certificates implements AsyncDisposable {
  private constructor(readonly folder: string) {}

  static async create(): Promise<Certificates> {
    return new Certificates(await Deno.makeTempDir({ prefix: "doctor-" }));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Creates a certificate authority. */
  async authority(name: string): Promise<Pair> {
    const pair = this.#pair(name);
    await openssl(
      ...["req", "-x509", ...KEY, "-keyout", pair.key, "-subj", `/CN=${name}`, "-days", "2"],
      ...["-out", pair.certificate],
    );
    return pair;
  }

  /** Creates a certificate signed by an authority. @param expired whether it expired yesterday */
  async issue(
    name: string,
    by: Pair,
    { alternative = "IP:127.0.0.1", expired = false } = {},
  ): Promise<Pair> {
    const pair = this.#pair(name);
    const request = this.path(`${name}.csr`);
    const extensions = this.path(`${name}.ext`);
    await openssl("req", ...KEY, "-keyout", pair.key, "-subj", `/CN=${name}`, "-out", request);
    await Deno.writeTextFile(extensions, `subjectAltName=${alternative}\n`);
    await openssl(
      ...["x509", "-req", "-in", request, "-extfile", extensions, "-out", pair.certificate],
      ...["-CA", by.certificate, "-CAkey", by.key, "-days", expired ? "-1" : "2"],
    );
    return pair;
  }

  /** Encrypts the key with a passphrase. @returns the path of the encrypted key */
  async encrypt(pair: Pair): Promise<string> {
    const path = `${pair.key}.encrypted`;
    await openssl("pkey", "-in", pair.key, "-aes256", "-passout", "pass:secret", "-out", path);
    return path;
  }

  #pair(name: string): Pair {
    return { certificate: this.path(`${name}.pem`), key: this.path(`${name}.key`) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

async function openssl(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`openssl ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}
