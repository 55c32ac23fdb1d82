import { isIP } from "node:net";
import { join } from "node:path";
import { PROJECT } from "./project.ts";
import { uniqueName } from "./random.ts";

/** Folder that services are permitted to read certificates from. */
const SSL_FOLDER = join(PROJECT, "res", "ssl");

/** A certificate and its private key: file paths and contents (PEM; the key as PKCS #8). */
export interface Certificate {
  readonly certificateFile: string;
  readonly keyFile: string;
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateOptions {
  /** Host names and IP addresses of the server (subjectAltName). A client certificate if not given. */
  hosts?: string[];
  /** Issue a certificate that expired yesterday. */
  expired?: boolean;
}

/** A certificate authority, made with `openssl` in a new folder under `res/ssl`, which is removed on disposal. */
export class Authority implements AsyncDisposable {
  private constructor(readonly folder: string, readonly self: Certificate) {}

  static async create(name: string): Promise<Authority> {
    const folder = join(SSL_FOLDER, uniqueName(`integration-${name}`));
    await Deno.mkdir(folder, { recursive: true });
    const keyFile = await createKey(folder, name);
    const certificateFile = join(folder, `${name}.pem`);
    await openssl(
      ...["req", "-x509", "-new", "-key", keyFile, "-subj", `/CN=${name}`, "-days", "2"],
      ...["-out", certificateFile],
    );
    return new Authority(folder, await readCertificate(certificateFile, keyFile));
  }

  /** Creates a key and a certificate for it, signed by this authority. */
  async issue(name: string, options: CertificateOptions = {}): Promise<Certificate> {
    const keyFile = await createKey(this.folder, name);
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
      ...["-CA", this.self.certificateFile, "-CAkey", this.self.keyFile],
      ...["-days", options.expired ? "-1" : "2"],
    );
    return await readCertificate(file("pem"), keyFile);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Broker properties that set Kafka's certificate and the authority of its clients' certificates. */
export function pemStores(server: Certificate, authority: Authority): Record<string, string> {
  return {
    "ssl.keystore.type": "PEM",
    "ssl.keystore.key": server.key,
    "ssl.keystore.certificate.chain": server.certificate,
    "ssl.truststore.type": "PEM",
    "ssl.truststore.certificates": authority.self.certificate,
  };
}

async function createKey(folder: string, name: string): Promise<string> {
  const file = join(folder, `${name}.key`);
  await openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", file);
  return file;
}

async function readCertificate(certificateFile: string, keyFile: string): Promise<Certificate> {
  const [certificate, key] = await Promise.all([
    Deno.readTextFile(certificateFile),
    Deno.readTextFile(keyFile),
  ]);
  return { certificateFile, keyFile, certificate, key };
}

async function openssl(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("openssl", { args, stdin: "null" }).output();
  if (!success) throw new Error(`openssl ${args.join(" ")} failed: ${new TextDecoder().decode(stderr)}`);
}
