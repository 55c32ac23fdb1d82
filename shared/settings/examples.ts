/**
 * Examples in the `--help` of the programs.
 *
 * @module
 */

/** Two for each task: a command line, and what it does. */
export const EXAMPLES = {
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
  progress: [
    ["deno task progress", "show progress, lag and owners"],
    ["deno task progress --seek beginning --partitions 0", "report what this would store again"],
  ],
  dashboard: [
    ["deno task dashboard", "serve http://localhost:8080"],
    ["deno task dashboard --dashboard-port 9000", "serve another port"],
  ],
  "stream:check": [
    ["deno task stream:check res/streams/orders.json", "check the file and its topic"],
    ["deno task stream:check orders --records 0", "check the file only"],
  ],
  "stream:infer": [
    ["deno task stream:infer orders", "write res/streams/orders.json"],
    ["deno task stream:infer orders --records 1000", "from a thousand records"],
  ],
  start: [
    ["deno task start --pattern walk --users 300", "users that move along routes"],
    ["deno task start --count 100000", "store that many records, then wait for a key"],
  ],
} as const satisfies Record<string, readonly (readonly [command: string, effect: string])[]>;

/** A task with a `--help`. */
export type Task = keyof typeof EXAMPLES;

/** The examples of a task as a paragraph of its help. */
export function examplesText(task: Task): string {
  const lines = EXAMPLES[task].flatMap(([command, effect]) => [`  ${command}`, `      ${effect}`]);
  return ["Examples:", ...lines].join("\n");
}
