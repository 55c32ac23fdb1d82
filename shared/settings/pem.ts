/**
 * Reads certificate and key files in PEM format with the rules of OpenSSL: text around the blocks and the kind of line ends do not matter. A
 * byte order mark is skipped. Blocks that Deno would ignore silently are errors.
 *
 * @see https://docs.openssl.org/master/man3/PEM_read_bio/
 * @module
 */
import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readProblem, SettingsError } from "./error.ts";
import { variableIn, withLineBreaks } from "./pem_variables.ts";

/** A file named by a setting. */
export interface NamedFile {
  readonly setting: string;
  /** A path, or `env:NAME` for the content of a variable. Empty: not set. */
  readonly path: string;
}

const shown = ({ path, setting }: NamedFile) => `${variableIn(path) ?? path} (${setting})`;

const invalidFile = (cause: string, remedy: string) => new SettingsError([{ cause, remedy }]);

interface Block {
  readonly label: string;
  readonly text: string;
}

/**
 * Reads all certificates of a file.
 *
 * @throws {SettingsError} if the file cannot be read, has no certificate, or has an invalid one
 */
export function readCertificates(file: NamedFile): X509Certificate[] {
  const blocks = readBlocks(file, "x509");
  if (blocks.some(({ label }) => label === "TRUSTED CERTIFICATE")) {
    throw invalidFile(
      `${shown(file)} contains a "BEGIN TRUSTED CERTIFICATE" block, which only OpenSSL supports`,
      `Convert it: openssl x509 -in ${file.path} -out NEW.`,
    );
  }
  const certificates = blocks.filter(({ label }) => /^(X509 )?CERTIFICATE$/.test(label));
  if (certificates.length === 0) throw missingBlock(file, "CERTIFICATE", blocks);
  return certificates.map(({ text }, index) => {
    try {
      return new X509Certificate(text);
    } catch {
      throw invalidFile(`Certificate ${index + 1} in ${shown(file)} is corrupt`, "Download the file again.");
    }
  });
}

/**
 * Reads the first private key of a file.
 *
 * @throws {SettingsError} if the file cannot be read or has no key, or if the key is invalid or has a passphrase
 */
export function readPrivateKey(file: NamedFile): KeyObject {
  const blocks = readBlocks(file, "pkey");
  const block = blocks.find(({ label }) => /^(RSA |EC |ENCRYPTED )?PRIVATE KEY$/.test(label));
  if (block === undefined) throw missingBlock(file, "PRIVATE KEY", blocks);
  if (block.label.startsWith("ENCRYPTED") || /^Proc-Type: *4, *ENCRYPTED/m.test(block.text)) {
    throw invalidFile(
      `${shown(file)} is encrypted with a passphrase, which the services do not support`,
      `Decrypt it (openssl pkey -in ${file.path} -out NEW) and keep the result secret.`,
    );
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(block.text);
  } catch {
    throw invalidFile(
      `${shown(file)} is not a valid private key: the file is corrupt`,
      "Download it again.",
    );
  }
  if (!["rsa", "ec", "ed25519"].includes(key.asymmetricKeyType!)) {
    throw invalidFile(
      `${shown(file)} is a key of type ${key.asymmetricKeyType}, which is not supported`,
      "Use an RSA, EC or Ed25519 key.",
    );
  }
  return key;
}

/** @param command the openssl command that converts the expected content */
function readBlocks(file: NamedFile, command: "x509" | "pkey"): Block[] {
  const text = readText(file, command).replaceAll(/\r\n?/g, "\n");
  const blocks: Block[] = [];
  // The pattern of labels is strict, so that a message never shows a part of a key without line breaks as a label.
  for (const begin of text.matchAll(/^-----BEGIN ([A-Z0-9 ]{1,40})-----[ \t]*$/gm)) {
    const label = begin[1]!;
    const end = text.indexOf(`\n-----END ${label}-----`, begin.index);
    const next = text.indexOf("\n-----BEGIN ", begin.index + 1);
    if (end < 0 || (next >= 0 && next < end)) {
      throw invalidFile(
        `${shown(file)} contains an incomplete block: "BEGIN ${label}" without "END ${label}"`,
        "The file is truncated. Download it again.",
      );
    }
    const body = text.slice(begin.index + begin[0].length, end).replaceAll(/[ \t]+$/gm, "");
    const plain = label === "X509 CERTIFICATE" ? "CERTIFICATE" : label;
    blocks.push({ label, text: `-----BEGIN ${plain}-----${body}\n-----END ${plain}-----\n` });
  }
  if (blocks.length === 0 && text.includes("-----BEGIN ")) {
    throw invalidFile(
      `${shown(file)} contains no PEM block: "-----BEGIN …-----" must be on a line of its own`,
      "Restore the line breaks, or remove the text before it.",
    );
  }
  return blocks;
}

function readText(file: NamedFile, command: "x509" | "pkey"): string {
  const variable = variableIn(file.path);
  if (variable !== undefined) return withLineBreaks(Deno.env.get(variable) ?? "");
  let bytes: Uint8Array;
  try {
    bytes = Deno.readFileSync(file.path);
  } catch (error) {
    const { cause, remedy } = readProblem(`Cannot read ${shown(file)}`, error, file.path);
    throw invalidFile(
      cause,
      error instanceof Deno.errors.NotFound
        ? `Download it from the console of the service, or correct ${file.setting}.`
        : remedy,
    );
  }
  if (bytes.length === 0) throw invalidFile(`${shown(file)} is empty`, "Download it again.");
  const format = binaryFormat(bytes);
  if (format !== undefined) {
    const remedy = format === "DER"
      ? `Convert it: openssl ${command} -inform DER -in ${file.path} -out NEW.`
      : format === "PKCS #12"
      ? `Convert it (openssl pkcs12 -nodes -in ${file.path} -out NEW) and keep the result secret.`
      : format === "UTF-16"
      ? "Save it as UTF-8."
      : "Export certificate and key in PEM format.";
    throw invalidFile(`${shown(file)} has the format ${format}, not PEM`, remedy);
  }
  // TextDecoder skips the byte order mark.
  return new TextDecoder().decode(bytes);
}

/** The format of a binary file, recognized by its first bytes. */
function binaryFormat(
  [a, b, ...rest]: Uint8Array,
): "DER" | "PKCS #12" | "Java keystore" | "UTF-16" | undefined {
  if (a === 0xfe && b === 0xed) return "Java keystore";
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff) || a === 0 || b === 0) return "UTF-16";
  if (a !== 0x30 || b === undefined || (b < 0x80 && b !== 0x2e && b !== rest.length)) return undefined;
  // DER: a sequence. PKCS #12: a sequence that starts with the integer 3.
  const start = b < 0x80 ? 0 : b - 0x80;
  return rest[start] === 2 && rest[start + 1] === 1 && rest[start + 2] === 3 ? "PKCS #12" : "DER";
}

function missingBlock(
  file: NamedFile,
  kind: "CERTIFICATE" | "PRIVATE KEY",
  blocks: readonly Block[],
): SettingsError {
  const [first] = blocks;
  const remedy = first === undefined
    ? `Check ${file.setting}.`
    : /CERTIFICATE$/.test(first.label) || /PRIVATE KEY$/.test(first.label) && kind === "CERTIFICATE"
    ? `It contains "BEGIN ${first.label}": certificate and key may be swapped.`
    : `It contains "BEGIN ${first.label}".`;
  return invalidFile(`${shown(file)} contains no "BEGIN ${kind}" block`, remedy);
}
