import { isIP } from "node:net";
import { join } from "node:path";
import { uniqueName } from "./names.ts";
import { SSL_FOLDER } from "./project.ts";

/** A certificate and its key: where they lie, and what they are (PEM). */
export interface Certificate {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly certificate: string;
  /** PKCS #8, as Kafka wants it. */
  readonly key: string;
}

/** What a certificate is for. */
export interface CertificateOptions {
  /** Addresses and names of the servers that it is for; without any it is a client's. */
  hosts?: string[];
  /** Its time was over yesterday. */
  expired?: boolean;
}

/**
 * A certificate authority of its own, made with `openssl` in a folder of its own, which is removed with it. The folder lies
 * where services may read.
 */
export class Authority implements AsyncDisposable {
  private constructor(readonly folder: string, readonly self: Certificate) {}

  /** Makes one. */
  static async create(name: string): Promise<Authority> {
    const folder = join(SSL_FOLDER, uniqueName(`integration-${name}`));
    await Deno.mkdir(folder, { recursive: true });
    const keyFile = await newKey(folder, name);
    const certificateFile = join(folder, `${name}.pem`);
    await openssl(
      "req",
      "-x509",
      "-new",
      "-key",
      keyFile,
      "-subj",
      `/CN=${name}`,
      "-days",
      "2",
      "-out",
      certificateFile,
    );
    return new Authority(folder, await read(certificateFile, keyFile));
  }

  /** Makes a key and a certificate for it, signed by this authority. */
  async issue(name: string, options: CertificateOptions = {}): Promise<Certificate> {
    const keyFile = await newKey(this.folder, name);
    const file = (extension: string) => join(this.folder, `${name}.${extension}`);
    await openssl("req", "-new", "-key", keyFile, "-subj", `/CN=${name}`, "-out", file("csr"));
    await Deno.writeTextFile(
      file("ext"),
      options.hosts
        ? `subjectAltName=${options.hosts.map((host) => `${isIP(host) ? "IP" : "DNS"}:${host}`).join()}\n`
        : "extendedKeyUsage=clientAuth\n",
    );
    await openssl(
      ...["x509", "-req", "-in", file("csr"), "-extfile", file("ext"), "-out", file("pem")],
      ...[
        "-CA",
        this.self.certificateFile,
        "-CAkey",
        this.self.keyFile,
        "-days",
        options.expired ? "-1" : "2",
      ],
    );
    return await read(file("pem"), keyFile);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function newKey(folder: string, name: string): Promise<string> {
  const file = join(folder, `${name}.key`);
  await openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", file);
  return file;
}

async function read(certificateFile: string, keyFile: string): Promise<Certificate> {
  const [certificate, key] = await Promise.all([
    Deno.readTextFile(certificateFile),
    Deno.readTextFile(keyFile),
  ]);
  return { certificateFile, keyFile, certificate, key };
}

async function openssl(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  })
    .output();
  if (!success) throw new Error(`openssl ${args.join(" ")} failed: ${new TextDecoder().decode(stderr)}`);
}
