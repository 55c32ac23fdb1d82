/**
 * The text of a Java `.properties` file. Values may hold anything, line ends and backslashes included, so a PEM text is
 * fine. Keys are written as they are and must be plain.
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
