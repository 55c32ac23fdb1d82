/**
 * Fills values into an example of an env file.
 *
 * @param values by name; `undefined` removes the line
 * @throws {Error} if the example has no line for a name, other than a comment
 */
export function fillIn(example: string, values: Readonly<Record<string, string | undefined>>): string {
  let text = example;
  for (const [name, value] of Object.entries(values)) {
    const line = new RegExp(`^${name}=.*\n`, "m");
    if (!line.test(text)) throw new Error(`The example of the env file has no line ${name}=…`);
    text = text.replace(line, () => value === undefined ? "" : `${name}='${value}'\n`);
  }
  return text;
}

/** Names in an env file, including those that are commented out (`#NAME=…`). */
export function namesIn(text: string): string[] {
  return [...text.matchAll(/^#?([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name!);
}

/** `res/aiven.env.example` with its lines for a client certificate in place of those for user and password. */
export const withClientCertificate = (example: string): string =>
  example.replaceAll(/^(KAFKA_SECURITY_PROTOCOL=SASL_SSL|KAFKA_SASL_.*)\n/gm, "")
    .replaceAll(/^#(KAFKA_SECURITY_PROTOCOL=SSL|KAFKA_SSL_(?:CERT|KEY)FILE=.*)$/gm, "$1");
