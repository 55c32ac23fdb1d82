/**
 * Formats a Java `.properties` file. Values are escaped and may contain line breaks, such as PEM texts. Keys are not escaped.
 *
 * @see https://docs.oracle.com/javase/8/docs/api/java/util/Properties.html#load-java.io.Reader-
 */
export function propertiesFile(properties: Record<string, string>): string {
  return Object.entries(properties).map(([key, value]) => `${key}=${escaped(value)}\n`).join("");
}

function escaped(value: string): string {
  return value
    .replaceAll("\\", "\\\\")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll("\t", "\\t")
    .replace(/^ /, "\\ ")
    .replaceAll(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
