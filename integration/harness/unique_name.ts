/** Returns a slug of `subject` with a random suffix. */
export function uniqueName(subject: string): string {
  const [random] = crypto.getRandomValues(new Uint32Array(1));
  return `${slug(subject)}-${random!.toString(36).padStart(7, "0")}`;
}

/** Converts words to a name for files, topics and databases: lower-case letters, digits and dashes, at most 60 characters. */
export function slug(words: string): string {
  return words.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "").slice(0, 60)
    .replaceAll(/-$/g, "");
}
