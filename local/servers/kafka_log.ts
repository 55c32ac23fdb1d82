const LINES_MAX = 12;
const LINE_LENGTH_MAX = 300;

/**
 * The errors in a broker's log with their causes, without stack traces; if there are none (the broker was killed, or the JVM did
 * not start), the last lines.
 */
export function errorsInLog(log: string): string {
  let isError = false;
  const lines = log.split("\n");
  const errors = lines.filter((line) => {
    // An entry starts with its time and may span several lines.
    if (line.startsWith("[")) isError = /^\[[^\]]*\] (?:ERROR|FATAL) /.test(line);
    return isError && !/^\s+(?:at|\.\.\.) /.test(line);
  });
  return (errors.length > 0 ? errors.slice(0, LINES_MAX) : lines.slice(-LINES_MAX))
    .map((line) => line.slice(0, LINE_LENGTH_MAX)).join("\n");
}
