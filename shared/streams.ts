/**
 * Finds and loads streams: files of `shared/streams/` (TypeScript) and of the directory of stream files (JSON).
 *
 * @module
 */
import { resolve } from "node:path";
import { isTopicName, TOPIC_NAME_REMEDY } from "./kafka/topic_name.ts";
import { readProblem, type SettingProblem, SettingsError } from "./settings/error.ts";
import { suggestion } from "./settings/suggestion.ts";
import { SETTINGS, type Settings } from "./settings/table.ts";
import type { Stream } from "./stream.ts";
import { readStreamFile } from "./stream_files/read_stream_file.ts";
import { upsertMode, withPositionColumns } from "./upsert_stream.ts";

/**
 * The root of the project, relative to which the directory of stream files is found. In the images it is `/app`, and this module is part
 * of a bundle in `dist` or in a folder of it.
 */
const PROJECT = import.meta.dirname!.replace(/^(.*[/\\])(?:shared|dist)(?:[/\\].*)?$/, "$1");

const NAME = /^[a-z][a-z0-9_-]*$/;
const NAME_RULE = "a name has lower-case letters, digits, underscores and hyphens, and begins with a letter";

/** Stream names and the problems of stream files. */
export interface StreamList {
  readonly streams: readonly Stream[];
  /** Streams that cannot be loaded, each with its mistakes. */
  readonly problems: readonly SettingProblem[];
}

/**
 * Loads streams by name and prefixes their topics.
 *
 * @param names names of files in `streams/`, without `.ts`, or in the directory of stream files, without `.json`
 * @param directory path of the directory of stream files, relative to the project
 * @throws {SettingsError} if streams do not exist, are invalid or are named twice, or a topic name is not allowed; all problems are reported
 */
export async function loadStreams(
  names: readonly string[],
  topicPrefix = "",
  directory = SETTINGS.STREAMS_DIRECTORY.default,
): Promise<Stream[]> {
  const { streams, problems } = await tryStreams(names, topicPrefix, directory);
  const repeated = names.filter((name, i) => names.indexOf(name) < i);
  const all = [
    ...repeated.length > 0
      ? [{ cause: `STREAMS names a stream twice: ${names.join(",")}`, remedy: "Remove one of both." }]
      : [],
    ...problems,
    ...repeated.length > 0 ? [] : sharedProblems(streams),
  ];
  if (all.length > 0) throw new SettingsError(all);
  return [...streams];
}

/** The consumer has one decoder per topic, and the offsets in the rows of an upsert are those of one topic. */
function sharedProblems(streams: readonly Stream[]): SettingProblem[] {
  return streams.flatMap((stream, i) => {
    const others = streams.slice(0, i);
    const ofTopic = others.find(({ topic }) => topic === stream.topic);
    const ofTable = others.find((other) =>
      other.table === stream.table && (upsertMode(other) || upsertMode(stream))
    );
    return [
      ...ofTopic
        ? [{
          cause: `The streams ${ofTopic.name} and ${stream.name} have the same topic, ${stream.topic}`,
          remedy: "Run another consumer, with another CONSUMER_GROUP_ID, for one of them.",
        }]
        : [],
      ...ofTable
        ? [{
          cause:
            `The streams ${ofTable.name} and ${stream.name} have the same table, ${stream.table}, and one of them upserts`,
          remedy: "Upsert into a table of its own.",
        }]
        : [],
    ];
  });
}

/** Loads the streams that the settings name. @throws {SettingsError} as {@link loadStreams} does */
export const loadSelectedStreams = (
  settings: Pick<Settings, "STREAMS" | "KAFKA_TOPIC_PREFIX" | "STREAMS_DIRECTORY">,
): Promise<Stream[]> =>
  loadStreams(settings.STREAMS, settings.KAFKA_TOPIC_PREFIX, settings.STREAMS_DIRECTORY);

/** Loads all streams in alphabetical order. A stream that cannot be loaded does not hide the others. */
export async function listStreams(directory = SETTINGS.STREAMS_DIRECTORY.default): Promise<StreamList> {
  return await tryStreams(streamNames(directory), "", directory);
}

/**
 * Loads a stream file anywhere.
 *
 * @param name name of the stream
 * @param path relative to the current directory
 * @throws {SettingsError} if the file cannot be read, or with its mistakes
 */
export function loadStreamFile(name: string, path: string, topicPrefix: string): Stream {
  const text = readFile(path, resolve(path));
  if (text === undefined) {
    throw new SettingsError([{ cause: `Cannot read ${path}: no such file`, remedy: "Correct the path." }]);
  }
  if (!NAME.test(name)) {
    const cause = `${path}: "${name}" is not a name of a stream`;
    throw new SettingsError([{ cause, remedy: `Rename the file: ${NAME_RULE}.` }]);
  }
  return prepared(readStreamFile(name, text, path), topicPrefix);
}

/** The path of a stream's file, whether it exists or not: for messages, and absolute. */
export function streamFilePath(name: string, directory: string): { shown: string; absolute: string } {
  const shown = `${directory.replace(/\/$/, "")}/${name}.json`;
  return { shown, absolute: resolve(PROJECT, shown) };
}

/** Names of all streams, in alphabetical order. */
export function streamNames(directory = SETTINGS.STREAMS_DIRECTORY.default): string[] {
  return [...new Set([...typeScriptNames(), ...fileNames(directory)])].sort();
}

async function tryStreams(
  names: readonly string[],
  topicPrefix: string,
  directory: string,
): Promise<StreamList> {
  const results = await Promise.allSettled(
    names.map(async (name) => prepared(await loadStream(name, directory), topicPrefix)),
  );
  const problems = results.flatMap((result) => {
    if (result.status === "fulfilled") return [];
    if (result.reason instanceof SettingsError) return result.reason.problems;
    throw result.reason;
  });
  return {
    streams: results.flatMap((result) => result.status === "fulfilled" ? [result.value] : []),
    problems: [...new Map(problems.map((problem) => [problem.cause, problem])).values()],
  };
}

/** The stream with its topic's full name and with the columns that its write mode requires. */
const prepared = (stream: Stream, topicPrefix: string): Stream =>
  withPrefix(withPositionColumns(stream), topicPrefix);

function withPrefix(stream: Stream, prefix: string): Stream {
  const topic = prefix + stream.topic;
  if (isTopicName(topic)) return { ...stream, topic };
  const cause = prefix === ""
    ? `The stream ${stream.name} has the topic name "${topic}"`
    : `KAFKA_TOPIC_PREFIX makes the topic name "${topic}"`;
  throw new SettingsError([{
    cause: `${cause}, which Kafka does not allow`,
    remedy: TOPIC_NAME_REMEDY,
  }]);
}

async function loadStream(name: string, directory: string): Promise<Stream> {
  const file = NAME.test(name) ? streamFilePath(name, directory).shown : undefined;
  const [module, text] = file === undefined ? [] : [await importStream(name), readFile(file)];
  if (module && text !== undefined) {
    throw new SettingsError([{
      cause: `The stream ${name} is defined twice: ${file} and shared/streams/${name}.ts`,
      remedy: "Rename one of both files.",
    }]);
  }
  if (module) return module;
  if (text !== undefined) return readStreamFile(name, text, file!);
  if (!NAME.test(name)) {
    const cause = `STREAMS names "${name}", which is not a name of a stream`;
    throw new SettingsError([{ cause, remedy: `Correct it, or rename the file: ${NAME_RULE}.` }]);
  }
  const existing = streamNames(directory);
  const nearest = suggestion(name, existing);
  throw new SettingsError([{
    cause: `STREAMS names "${name}", but there is no such stream`,
    remedy: `${nearest && `${nearest} `}The streams are ${existing.join(", ")}. ` +
      `Another one is a file NAME.json in ${directory}, or NAME.ts in shared/streams.`,
  }]);
}

/** The stream of a TypeScript file; `undefined` if there is no such file. */
async function importStream(name: string): Promise<Stream | undefined> {
  if (!typeScriptNames().includes(name)) return undefined;
  // Deno resolves the template to all files of the folder, so that none needs to be listed.
  try {
    const module: { default: Stream } = await import(`./streams/${name}.ts`);
    return module.default;
  } catch (error) {
    throw new SettingsError([{
      cause: `shared/streams/${name}.ts cannot be loaded: ${(error as Error).stack ?? error}`,
      remedy: "Correct it.",
    }]);
  }
}

/** The text of a file; `undefined` if it does not exist. @param path for messages */
function readFile(path: string, absolute = resolve(PROJECT, path)): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Deno.readFileSync(absolute));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new SettingsError([
      error instanceof TypeError
        ? { cause: `${path} is not UTF-8 text`, remedy: "Save it as UTF-8." }
        : readProblem(`Cannot read ${path}`, error, absolute),
    ]);
  }
}

const typeScriptNames = (): string[] => namesIn(resolve(PROJECT, "shared/streams"), ".ts");

/** A missing directory has no files: the streams in TypeScript do not need it. */
const fileNames = (directory: string): string[] => namesIn(resolve(PROJECT, directory), ".json");

function namesIn(path: string, extension: string): string[] {
  try {
    return [...Deno.readDirSync(path)]
      .filter(({ name, isDirectory }) => !isDirectory && name.endsWith(extension))
      .map(({ name }) => name.slice(0, -extension.length))
      .filter((name) => NAME.test(name) && !name.endsWith("_test"));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw new SettingsError([readProblem(`Cannot list ${path}`, error, path)]);
  }
}
