/** A random UUID in Kafka's spelling: 22 characters of URL-safe base 64, the first one no dash. */
export function newClusterId(): string {
  const id = crypto.getRandomValues(new Uint8Array(16)).toBase64({
    alphabet: "base64url",
    omitPadding: true,
  });
  return id.startsWith("-") ? newClusterId() : id;
}
