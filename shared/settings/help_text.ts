import { examplesText, type Task } from "./examples.ts";
import { flagOf, type Group, GROUPS, type Setting } from "./setting.ts";
import { namesOf, type SettingName, SETTINGS } from "./table.ts";

const WIDTH = 80;

/** Groups of the program itself, which are listed before those of its connections. */
const FIRST: readonly Group[] = [
  "start",
  "progress",
  "producer",
  "group",
  "consumer",
  "rejects",
  "dashboard",
  "tools",
  "streams",
];

/**
 * The text of `--help`: usage and examples, then the settings of `groups` with flag, description, environment variable and default.
 *
 * @param task name of the task, whose examples are shown
 * @param excluded settings that are not listed
 */
export function helpText(
  task: Task,
  usage: string,
  groups: readonly Group[],
  excluded: readonly SettingName[] = [],
): string {
  const sorted = [
    ...FIRST.filter((group) => groups.includes(group)),
    ...groups.filter((group) => !FIRST.includes(group)),
  ];
  const sections = sorted.flatMap((group) => {
    const names = namesOf([group]).filter((name) => !excluded.includes(name));
    return names.length === 0 ? [] : [`${GROUPS[group]}:\n${names.map(entry).join("\n")}`];
  });
  return [
    ...usage.split("\n\n").map((paragraph) => wrap(paragraph)),
    examplesText(task),
    wrap(
      "Precedence: flags, environment, res/host_settings.ini (or the file named by HOST_SETTINGS), defaults. " +
        "--version prints the version.",
    ),
    ...sections,
  ].join("\n\n");
}

function entry(name: SettingName): string {
  const { help, secret, default: fallback }: Setting = SETTINGS[name];
  const variables = secret ? `${name}, ${name}_FILE` : name;
  const notes = fallback === "" ? `[${variables}]` : `[${variables}, default ${fallback}]`;
  return [`  --${flagOf(name)}`, wrap(help, 6), wrap(notes, 6)].join("\n");
}

/** Breaks lines at spaces. */
function wrap(text: string, indent = 0): string {
  const line = new RegExp(`(\\S{${WIDTH - indent},}|.{1,${WIDTH - indent}})(?: +|$)`, "g");
  return text.replaceAll("\n", " ").replaceAll(line, `${" ".repeat(indent)}$1\n`).trimEnd();
}
