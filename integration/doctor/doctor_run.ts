import assert from "assert";
import type { Database } from "../harness/database.ts";
import { PROJECT } from "../harness/project.ts";
import { inheritedEnvironment, type ServiceSettings, toEnvironment } from "../harness/service.ts";
import { kafkaClient, withAdmin } from "../harness/topic.ts";
import { within } from "../harness/wait.ts";
import { ACCOUNT_PASSWORD } from "./servers.ts";

/** A check in the doctor's `--json` report. */
export interface Check {
  readonly id: string;
  readonly mark: "ok" | "warning" | "failed" | "skipped";
  readonly message: string;
  readonly remedy?: string;
}

/** Runs `doctor/main.ts` or `consumer/main.ts` until it exits, with the permissions of its folder in `deno.json`. */
export async function runProgram(program: string, args: string[], settings: ServiceSettings) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", `-P=${program.split("/")[0]}`, program, ...args],
    cwd: PROJECT,
    env: { ...inheritedEnvironment(), ...toEnvironment(settings) },
    clearEnv: true,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  try {
    const { code, stdout, stderr } = await within(`${program} to exit`, 40_000, child.output());
    return { code, stdout: new TextDecoder().decode(stdout), stderr: new TextDecoder().decode(stderr) };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

/** Runs the doctor; returns its checks by id. */
export async function runDoctor(
  settings: ServiceSettings,
): Promise<{ code: number; checks: Map<string, Check> }> {
  const { code, stdout, stderr } = await runProgram("doctor/main.ts", ["--json"], settings);
  assert.equal(stderr, "");
  assert(!stdout.includes(ACCOUNT_PASSWORD), "the report contains a password");
  const { checks }: { checks: Check[] } = JSON.parse(stdout);
  return { code, checks: new Map(checks.map((check) => [check.id, check])) };
}

/** The failed checks as text. */
export function describeFailures(checks: ReadonlyMap<string, Check>): string {
  return JSON.stringify([...checks.values()].filter(({ mark }) => mark === "failed"), undefined, 1);
}

/** Asserts that exactly these checks fail, with these texts, and that the exit code is 1. */
export async function assertFailures(
  settings: ServiceSettings,
  expected: Record<string, RegExp>,
): Promise<void> {
  const { code, checks } = await runDoctor(settings);
  const failures = [...checks.values()].filter(({ mark }) => mark === "failed");
  assert.deepEqual(failures.map(({ id }) => id), Object.keys(expected), describeFailures(checks));
  for (const { id, message, remedy } of failures) assert.match(`${message}. ${remedy}`, expected[id]!);
  assert.equal(code, 1);
}

/** Sends valid records. */
export async function sendRecords(
  bootstrapServers: string,
  topic: string,
  count: number,
  partition: number,
  timestamp?: number,
): Promise<void> {
  const producer = kafkaClient(bootstrapServers).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  try {
    const value = '{"userID":1,"timestamp":1700000000,"coordinates":[1,2]}';
    await producer.send({
      topic,
      messages: Array.from({ length: count }, () => ({
        value,
        partition,
        ...timestamp !== undefined && { timestamp: String(timestamp) },
      })),
    });
  } finally {
    await producer.disconnect();
  }
}

/** Topics, groups, relations and databases: the doctor must not change them. */
export async function readInventory(bootstrapServers: string, database: Database) {
  const [topics, groups] = await withAdmin(
    bootstrapServers,
    (admin) => Promise.all([admin.listTopics(), admin.listGroups()]),
  );
  const relations = await database.query(
    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace",
  );
  const databases = await database.query("SELECT datname FROM pg_database");
  return { topics, groups: groups.groups, relations, databases };
}
