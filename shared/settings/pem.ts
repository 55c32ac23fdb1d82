/**
 * Certificate and key files, read with an error that says which setting named them.
 *
 * @module
 */
import { SettingsError, whyUnreadable } from "./error.ts";

/**
 * The text of a PEM file.
 *
 * @param name the setting that names the file, for the error
 * @param kind what the file must hold: `CERTIFICATE` or `PRIVATE KEY`
 * @throws {SettingsError} where it can't be read or holds no such thing
 */
export function readPem(name: string, path: string, kind: "CERTIFICATE" | "PRIVATE KEY"): string {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    const why = whyUnreadable(error);
    throw new SettingsError([
      `Cannot read ${path} (${name}): ${why}. Download it from the service's page, or correct ${name}.`,
    ]);
  }
  // "BEGIN RSA PRIVATE KEY" and "BEGIN EC PRIVATE KEY" are keys too.
  if (!new RegExp(`-----BEGIN (?:[A-Z]+ )*${kind}-----`).test(text)) {
    throw new SettingsError([`${path} (${name}) holds no PEM block "BEGIN ${kind}". Is it the right file?`]);
  }
  return text;
}
