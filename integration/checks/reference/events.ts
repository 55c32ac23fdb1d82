/**
 * Reads the events that the programs log, with their fields, from the sources: the tables `EVENTS`, and calls of `log()` with literals.
 *
 * @module
 */
import { globSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { LEVELS } from "../../../shared/observe/log.ts";
import { PROJECT } from "../../harness/project.ts";

/** An event of a log line. */
export interface DeclaredEvent {
  /** The folder of the source; `shared`: every service. */
  readonly program: string;
  readonly name: string;
  readonly level: string;
  /** Names of the fields, besides those of every line. */
  readonly fields: readonly string[];
}

const PROGRAMS = ["consumer", "producer", "dashboard", "shared"];
/** Commands, whose result is their output. */
const COMMANDS = /\/consumer\/(rejects|progress)\//;

/** Codes of errors, in the field `code` of log lines, besides SQLSTATEs and names of Node and Kafka. */
export function readErrorCodes(): string[] {
  const sources = PROGRAMS.flatMap(modulesOf)
    .map((path) => Deno.readTextFileSync(path)).join("\n");
  const constants = new Map([...sources.matchAll(/\bconst ([A-Z_]+) = ("[A-Z_]+");/g)]
    .map(([, name, value]) => [name!, value!]));
  // A value can be a literal, a constant, or a conditional expression.
  const values = [...sources.matchAll(/\bcode: ([^,\n]+)/g)]
    .map(([, value]) => value!.replace(/^[A-Z_]+/, (name) => constants.get(name) ?? name));
  return [
    ...new Set(values.flatMap((value) => [...value.matchAll(/"([A-Z][A-Z_]+)"/g)].map(([, code]) => code!))),
  ].sort();
}

/**
 * The events of the services, by program and name. Those of the level debug are left out.
 *
 * @throws {Error} if the fields of an event cannot be read
 */
export function readEvents(): DeclaredEvent[] {
  const events = PROGRAMS.flatMap((program) =>
    modulesOf(program).filter((path) => !COMMANDS.test(path)).flatMap((path) =>
      eventsIn(path, Deno.readTextFileSync(path)).map((event) => ({ program, ...event }))
    )
  );
  const byName = new Map<string, DeclaredEvent>();
  for (const event of events.filter(({ level }) => level !== "debug")) {
    const key = `${event.program} ${event.name}`, fields = byName.get(key)?.fields ?? [];
    byName.set(key, { ...event, fields: [...new Set([...fields, ...event.fields])] });
  }
  return [...byName.values()].sort((a, b) =>
    PROGRAMS.indexOf(a.program) - PROGRAMS.indexOf(b.program) || (a.name < b.name ? -1 : 1)
  );
}

/** The modules of a program, without tests and fixtures. */
const modulesOf = (program: string): string[] =>
  globSync(`${program}/**/*.ts`, { cwd: PROJECT }).filter((path) => !/_(test|fixture)\.ts$/.test(path))
    .map((path) => join(PROJECT, path));

/** The events that the text of a module declares or logs. */
export function eventsIn(path: string, text: string): Omit<DeclaredEvent, "program">[] {
  if (!/\b(?:log|event|messageOnly)[(<]/.test(text)) return [];
  const file = parse(path, text), events: Omit<DeclaredEvent, "program">[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isPropertyAssignment(node) && ts.isCallExpression(node.initializer)) {
      const { expression, typeArguments: types, arguments: args } = node.initializer;
      const kind = expression.getText(), level = args[0];
      if ((kind === "event" || kind === "messageOnly") && level && ts.isStringLiteral(level)) {
        const fields = types?.flatMap(membersOf) ?? [];
        events.push({ name: node.name.getText(), level: level.text, fields });
      }
    }
    if (ts.isCallExpression(node) && /^(this\.)?log$/.test(node.expression.getText())) {
      const [level, name, , fields] = node.arguments;
      if (level && name && ts.isStringLiteral(level) && ts.isStringLiteral(name) && isLevel(level.text)) {
        events.push({ name: name.text, level: level.text, fields: fields ? namesOf(fields) : [] });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return events;
}

const isLevel = (text: string) => (LEVELS as readonly string[]).includes(text);

const parse = (path: string, text: string): ts.SourceFile =>
  ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);

/** Names of the members of an object literal. */
function namesOf(node: ts.Expression): string[] {
  if (ts.isObjectLiteralExpression(node)) return node.properties.map(({ name }) => name!.getText());
  throw new Error(`${node.getSourceFile().fileName}: the fields of an event are not a literal`);
}

/** Names of the members of a type: a literal, an intersection, or the name of such a type. */
function membersOf(type: ts.TypeNode): string[] {
  if (ts.isTypeLiteralNode(type)) return type.members.map(({ name }) => name!.getText());
  if (ts.isIntersectionTypeNode(type)) return type.types.flatMap(membersOf);
  return type.getText() === "Record<never, never>"
    ? []
    : membersOfAlias(type.getText(), type.getSourceFile());
}

/** Names of the members of a type that a module declares or imports. An interface cannot be the type of fields. */
function membersOfAlias(name: string, file: ts.SourceFile): string[] {
  for (const statement of file.statements) {
    if (ts.isTypeAliasDeclaration(statement) && statement.name.text === name) {
      return membersOf(statement.type);
    }
    const bindings = ts.isImportDeclaration(statement) && statement.importClause?.namedBindings;
    if (bindings && ts.isNamedImports(bindings) && bindings.elements.some((it) => it.name.text === name)) {
      const path = join(dirname(file.fileName), (statement.moduleSpecifier as ts.StringLiteral).text);
      return membersOfAlias(name, parse(path, Deno.readTextFileSync(path)));
    }
  }
  throw new Error(`${file.fileName}: cannot read the fields of the type ${name}`);
}
