/**
 * Examples in the `--help` of the programs.
 *
 * @module
 */

/** Two for each task: a command line, and what it does. */
export const EXAMPLES: Readonly<Record<string, readonly (readonly [command: string, effect: string])[]>> = {
  producer: [
    ["deno task producer --count 3", "send three records and exit"],
    ["deno task producer --rate 5000 --malformed-ratio 0.01", "5,000 per second, 1 % malformed"],
  ],
  consumer: [
    ["deno task consumer --until-caught-up", "store what is in the topics, then exit"],
    ["deno task --env-file=res/aiven.env consumer", "with the settings of a file"],
  ],
  doctor: [
    ["deno task doctor", "check all connections"],
    ["deno task --env-file=res/aiven.env doctor --json", "the servers of a file; print JSON"],
  ],
  rejects: [
    ["deno task rejects --reason 'not JSON' --limit 5", "list five records"],
    ["deno task rejects --delete --older-than 30d", "delete old records"],
  ],
  dashboard: [
    ["deno task dashboard", "serve http://localhost:8080"],
    ["deno task dashboard --dashboard-port 9000", "serve another port"],
  ],
  start: [
    ["deno task start --pattern walk --users 300", "users that move along routes"],
    ["deno task start --count 100000", "store that many records and exit"],
  ],
};

/** The examples of a task as a paragraph of its help. @throws {Error} if it has none */
export function examplesText(task: string): string {
  const examples = EXAMPLES[task];
  if (examples === undefined) throw new Error(`The task ${task} has no examples`);
  const lines = examples.flatMap(([command, effect]) => [`  ${command}`, `      ${effect}`]);
  return ["Examples:", ...lines].join("\n");
}
