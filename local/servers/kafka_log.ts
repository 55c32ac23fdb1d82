/** Lines of a broker's log that are shown at most, and characters of each. */
const LINES_MAX = 12;
const CHARACTERS_MAX = 300;

/**
 * What in a broker's log tells why it ended: its errors, with the causes but without the stacks; where there are none
 * (it was killed, or the JVM did not start), the end of the log.
 */
export function errorsInLog(log: string): string {
  let isError = false;
  const lines = log.split("\n");
  const errors = lines.filter((line) => {
    // An entry starts with its time and goes on until the next.
    if (line.startsWith("[")) isError = /^\[[^\]]*\] (?:ERROR|FATAL) /.test(line);
    return isError && !/^\s+(?:at|\.\.\.) /.test(line);
  });
  return (errors.length > 0 ? errors.slice(0, LINES_MAX) : lines.slice(-LINES_MAX))
    .map((line) => line.slice(0, CHARACTERS_MAX)).join("\n");
}
