/**
 * An env file made from an example: values put in, all else left as it is.
 *
 * @param values For each name its value; `undefined` takes the line out. A name that stands in a comment is not found.
 * @throws When the example has no line for a name.
 */
export function filledIn(example: string, values: Readonly<Record<string, string | undefined>>): string {
  let text = example;
  for (const [name, value] of Object.entries(values)) {
    const line = new RegExp(`^${name}=.*\n`, "m");
    if (!line.test(text)) throw new Error(`The example of the env file has no line ${name}=…`);
    text = text.replace(line, () => value === undefined ? "" : `${name}='${value}'\n`);
  }
  return text;
}

/** The names that an env file sets, also those in a line that is commented out (`#NAME=…`). */
export function namesIn(text: string): string[] {
  return [...text.matchAll(/^#?([A-Z][A-Z0-9_]*)=/gm)].map(([, name]) => name!);
}
