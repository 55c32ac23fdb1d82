/**
 * Certificate and key files in PEM format, as OpenSSL reads them: text before and between the blocks does not matter, nor do line ends. A
 * byte order mark is skipped. What Deno would drop silently is refused.
 *
 * @see https://docs.openssl.org/master/man3/PEM_read_bio/
 * @module
 */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { describeReadError, SettingsError } from "./error.ts";

/** A file, and the setting that names it. */
export interface NamedFile {
  readonly setting: string;
  /** Empty: not set. */
  readonly path: string;
}

const shown = ({ path, setting }: NamedFile) => `${path} (${setting})`;

/** A PEM block. */
interface Block {
  readonly label: string;
  readonly text: string;
}

/**
 * The certificates of a file, in its order.
 *
 * @throws {SettingsError} if it can't be read or has none, or if one of them can't be used
 */
export function readCertificates(file: NamedFile): X509Certificate[] {
  const blocks = readBlocks(file, "x509");
  if (blocks.some(({ label }) => label === "TRUSTED CERTIFICATE")) {
    throw new SettingsError([
      `${shown(file)} has a block "BEGIN TRUSTED CERTIFICATE", which only OpenSSL knows. Convert it: ` +
      `openssl x509 -in ${file.path} -out NEW.`,
    ]);
  }
  const certificates = blocks.filter(({ label }) => /^(X509 )?CERTIFICATE$/.test(label));
  if (certificates.length === 0) throw missing(file, "CERTIFICATE", blocks);
  return certificates.map(({ text }, index) => {
    try {
      return new X509Certificate(text);
    } catch {
      throw new SettingsError([
        `Certificate ${index + 1} in ${
          shown(file)
        } can't be read: it is cut off or altered. Download the file again.`,
      ]);
    }
  });
}

/**
 * The private key of a file: the first, if there are several.
 *
 * @throws {SettingsError} if it can't be read, has none, or has one with a passphrase
 */
export function readPrivateKey(file: NamedFile): KeyObject {
  const blocks = readBlocks(file, "pkey");
  const block = blocks.find(({ label }) => /^(RSA |EC |ENCRYPTED )?PRIVATE KEY$/.test(label));
  if (block === undefined) throw missing(file, "PRIVATE KEY", blocks);
  if (block.label.startsWith("ENCRYPTED") || /^Proc-Type: *4, *ENCRYPTED/m.test(block.text)) {
    throw new SettingsError([
      `${shown(file)} is encrypted with a passphrase, which the services can't ask for. ` +
      `Decrypt it: openssl pkey -in ${file.path} -out NEW; and keep the result secret.`,
    ]);
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(block.text);
  } catch {
    throw new SettingsError([
      `${shown(file)} is not a readable private key: it is cut off or altered. Download it again.`,
    ]);
  }
  if (!["rsa", "ec", "ed25519"].includes(key.asymmetricKeyType!)) {
    throw new SettingsError([
      `${
        shown(file)
      } is a key of the type ${key.asymmetricKeyType}, which Deno's TLS can't use. Use an RSA, EC or Ed25519 key.`,
    ]);
  }
  return key;
}

/** @param command the command of openssl that converts what the file is to have */
function readBlocks(file: NamedFile, command: "x509" | "pkey"): Block[] {
  const text = readText(file, command).replaceAll(/\r\n?/g, "\n");
  const blocks: Block[] = [];
  // A label has no other characters: nothing of a key without line breaks is taken for one, and shown.
  for (const begin of text.matchAll(/^-----BEGIN ([A-Z0-9 ]{1,40})-----[ \t]*$/gm)) {
    const label = begin[1]!;
    const end = text.indexOf(`\n-----END ${label}-----`, begin.index);
    const next = text.indexOf("\n-----BEGIN ", begin.index + 1);
    if (end < 0 || (next >= 0 && next < end)) {
      throw new SettingsError([
        `${
          shown(file)
        } holds no whole block: "BEGIN ${label}" has no "END ${label}". It was cut off: download it again.`,
      ]);
    }
    const body = text.slice(begin.index + begin[0].length, end).replaceAll(/[ \t]+$/gm, "");
    const plain = label === "X509 CERTIFICATE" ? "CERTIFICATE" : label;
    blocks.push({ label, text: `-----BEGIN ${plain}-----${body}\n-----END ${plain}-----\n` });
  }
  if (blocks.length === 0 && text.includes("-----BEGIN ")) {
    throw new SettingsError([
      `${shown(file)} holds no PEM block, since "-----BEGIN …-----" is not a line of its own. ` +
      "Restore its line breaks, or remove what is before them.",
    ]);
  }
  return blocks;
}

/** The text of a file. */
function readText(file: NamedFile, command: "x509" | "pkey"): string {
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(file.path);
  } catch (error) {
    const remedy = error instanceof Deno.errors.NotFound
      ? ` Download it from the service's page, or correct ${file.setting}.`
      : "";
    throw new SettingsError([`Cannot read ${shown(file)}: ${describeReadError(error, file.path)}.${remedy}`]);
  }
  if (bytes.length === 0) throw new SettingsError([`${shown(file)} is empty. Download it again.`]);
  const format = binaryFormat(bytes);
  if (format !== undefined) {
    const remedy = format === "DER"
      ? `Convert it: openssl ${command} -inform DER -in ${file.path} -out NEW`
      : format === "PKCS #12"
      ? `Convert it: openssl pkcs12 -nodes -in ${file.path} -out NEW; and keep the result secret`
      : format === "UTF-16"
      ? "Save it as UTF-8"
      : "Export its certificate and key in PEM format";
    throw new SettingsError([`${shown(file)} is in the format ${format}, not PEM. ${remedy}.`]);
  }
  // A decoder skips the byte order mark.
  return new TextDecoder().decode(bytes);
}

/** What a file that is no text is, as far as its first bytes say. */
function binaryFormat(
  [a, b, ...rest]: Uint8Array,
): "DER" | "PKCS #12" | "Java keystore" | "UTF-16" | undefined {
  if (a === 0xfe && b === 0xed) return "Java keystore";
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || a === 0 || b === 0) return "UTF-16";
  if (a !== 0x30 || b === undefined || (b < 0x80 && b !== 0x2e && b !== rest.length)) return undefined;
  // A sequence that begins with the number 3; its length is before it.
  const start = b < 0x80 ? 0 : b - 0x80;
  return rest[start] === 2 && rest[start + 1] === 1 && rest[start + 2] === 3 ? "PKCS #12" : "DER";
}

function missing(
  file: NamedFile,
  kind: "CERTIFICATE" | "PRIVATE KEY",
  blocks: readonly Block[],
): SettingsError {
  const [first] = blocks;
  const hint = first === undefined
    ? "Is it the right file?"
    : /CERTIFICATE$/.test(first.label) || /PRIVATE KEY$/.test(first.label) && kind === "CERTIFICATE"
    ? `It has "BEGIN ${first.label}": were certificate and key swapped?`
    : `It has "BEGIN ${first.label}", which is something else.`;
  return new SettingsError([`${shown(file)} holds no PEM block "BEGIN ${kind}". ${hint}`]);
}
