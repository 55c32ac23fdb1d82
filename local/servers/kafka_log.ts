/** Lines of a broker's log that are shown at most, and characters of each. */
const MOST_LINES = 12;
const MOST_CHARACTERS = 300;

/**
 * What in a broker's log tells why it ended: its errors, with the causes but without the stacks; where there are none
 * (it was killed, or the JVM did not start), the end of the log.
 */
export function reasonInLog(log: string): string {
  let isError = false;
  const lines = log.split("\n");
  const errors = lines.filter((line) => {
    // An entry starts with its time and goes on until the next.
    if (line.startsWith("[")) isError = /^\[[^\]]*\] (?:ERROR|FATAL) /.test(line);
    return isError && !/^\s+(?:at|\.\.\.) /.test(line);
  });
  return (errors.length > 0 ? errors.slice(0, MOST_LINES) : lines.slice(-MOST_LINES))
    .map((line) => line.slice(0, MOST_CHARACTERS)).join("\n");
}
