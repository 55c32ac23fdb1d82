import { SettingsError } from "../settings/error.ts";
import type { Stream } from "../stream.ts";
import { readStreamFile } from "./read_stream_file.ts";

/** A schema with two properties. */
const SCHEMA = { type: "object", properties: { name: { type: "string" }, size: { type: "integer" } } };

/** Reads a stream file, given as its text or its value. */
export const read = (file: unknown): Stream =>
  readStreamFile("test", typeof file === "string" ? file : JSON.stringify(file), "test.json");

/** The mistakes of a file with a valid description and schema, unless it has others. */
export function mistakesOf(file: unknown): [place: string, text: string][] {
  try {
    const isObject = typeof file === "object" && !Array.isArray(file);
    read(isObject ? { about: "a test", schema: SCHEMA, ...file } : file);
    return [];
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.texts.map((text) => {
      const [, place = "", rest] = /^test\.json(?: at (\S*))?: (.*)$/s.exec(text)!;
      return [place, rest!];
    });
  }
}
