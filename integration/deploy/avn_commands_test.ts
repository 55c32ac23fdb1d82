import assert from "assert";
import { join } from "node:path";
import { topicCreation } from "../../shared/diagnosis/kafka_topics.ts";
import { PROJECT } from "../harness/project.ts";
import { installPackages, runPython, whyNoPip } from "../harness/python.ts";

const reason = await whyNoPip();
if (reason !== undefined) console.log(`Skipped the validation of avn commands: ${reason}.`);

/** Parses each command with the parser of aiven-client, which exits at an error. Prints the commands that are not valid. */
const PARSE = `
import contextlib, io, json, shlex, sys
from aiven.client.cli import AivenCLI
problems = []
for command in json.load(sys.stdin):
    output = io.StringIO()
    try:
        with contextlib.redirect_stderr(output):
            AivenCLI().parse_args(shlex.split(command, comments=True)[1:])
    except SystemExit:
        problems.append(command + ": " + output.getvalue().strip().splitlines()[-1])
print(json.dumps(problems))
`;

async function invalidCommands(commands: readonly string[]): Promise<string[]> {
  const client = await installPackages(["aiven-client==4.18.0"]);
  const { code, stdout, stderr } = await runPython(["-c", PARSE], [JSON.stringify(commands)], client);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

/** The `avn` commands of a text: lines of code blocks, code in sentences, and substitutions such as `"$(avn …)"`. */
function avnCommands(text: string): string[] {
  return [...text.matchAll(/(?<=^|`|\$\()avn [^`\n]*?(?=`|\n|\)")/gm)].map(([command]) => command);
}

/** Documents and messages with commands of Aiven's command-line client. */
function textsWithCommands(): Record<string, string> {
  const settings = { KAFKA_TOPIC_PARTITIONS: undefined, KAFKA_TOPIC_REPLICATION_FACTOR: -1 };
  const paths = [
    "README.md",
    "docs/aiven.md",
    "docs/operations.md",
    "res/ssl/README.md",
  ];
  return {
    ...Object.fromEntries(paths.map((path) => [path, Deno.readTextFileSync(join(PROJECT, path))])),
    "the remedy of a missing topic":
      topicCreation("TOPIC_AUTHORIZATION_FAILED", undefined, "routes", settings).remedy,
  };
}

Deno.test({
  name: "avn commands of documents and messages are valid for the parser of aiven-client",
  ignore: reason !== undefined,
  fn: async () => {
    const found = Object.entries(textsWithCommands())
      .flatMap(([where, text]) => avnCommands(text).map((command) => ({ where, command })));
    for (
      const [where, min] of [["docs/aiven.md", 12], ["res/ssl/README.md", 1], [
        "the remedy of a missing topic",
        1,
      ]] as const
    ) {
      const count = found.filter((each) => each.where === where).length;
      assert(count >= min, `${count} commands in ${where}`);
    }
    assert.deepEqual(await invalidCommands(found.map(({ command }) => command)), []);
  },
});

Deno.test({
  name: "invalidCommands() returns the error of aiven-client when a command has an unknown argument",
  ignore: reason !== undefined,
  fn: async () => {
    const valid = "avn service topic-create SERVICE routes --partitions 2 --replication 2    # comment";
    const problems = await invalidCommands([
      valid,
      `${valid.replace("--partitions", "--parts")}`,
      "avn service topics",
    ]);
    assert.equal(problems.length, 2);
    assert.match(problems[0]!, /--parts 2 .*: .*error: .*--partitions/);
  },
});

Deno.test("avnCommands() returns the commands of code blocks, sentences and substitutions", () => {
  assert.deepEqual(avnCommands('```sh\navn a b    # c\npsql "$(avn d --e)" -c x\n```\nWith `avn f`.'), [
    "avn a b    # c",
    "avn d --e",
    "avn f",
  ]);
});
