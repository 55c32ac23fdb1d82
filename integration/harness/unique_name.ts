/**
 * A name that no other test, and no other run on the same servers, has.
 *
 * @param subject Words; what is no letter, digit or dash becomes a dash.
 */
export function uniqueName(subject: string): string {
  const [random] = crypto.getRandomValues(new Uint32Array(1));
  return `${slug(subject)}-${random!.toString(36).padStart(7, "0")}`;
}

/** Words as part of a file's, topic's or database's name, at most 60 characters. */
export function slug(words: string): string {
  return words.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "").slice(0, 60)
    .replaceAll(/-$/g, "");
}
