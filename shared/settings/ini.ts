/**
 * Parser of INI files with the behavior of Python's `configparser.ConfigParser()`, for which `host_settings.ini` was written: interpolation,
 * continuation lines, `[DEFAULT]`, and the same errors.
 *
 * @see https://docs.python.org/3/library/configparser.html#supported-ini-file-structure
 * @module
 */
import { sentences } from "../errors.ts";
import type { SettingProblem } from "./error.ts";

/** Names of configparser's exceptions. */
export type IniErrorCode =
  | "MissingSectionHeaderError"
  | "DuplicateSectionError"
  | "DuplicateOptionError"
  | "ParsingError"
  | "InterpolationSyntaxError"
  | "InterpolationMissingOptionError"
  | "InterpolationDepthError";

/** An error that configparser raises, too. The problem contains names and line numbers, never a value. */
export class IniError extends Error {
  override readonly name = "IniError";
  constructor(readonly code: IniErrorCode, readonly problem: SettingProblem) {
    super(sentences(problem));
  }
}

type Options = Map<string, string>;

const DEFAULT = "DEFAULT";
const MAX_INTERPOLATION_DEPTH = 10;

/** Characters that Python's `str.strip()` removes; they differ from those of `String.prototype.trim()`. */
const SPACE = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const STRIP = new RegExp(`^[${SPACE}]+|[${SPACE}]+$`, "g");
const STRIP_END = new RegExp(`[${SPACE}]+$`);
const INDENT = new RegExp(`^[${SPACE}]*`);
const strip = (text: string) => text.replace(STRIP, "");
const lower = (option: string) => option.toLowerCase();

/** A parsed INI file. Option names are in lower case, section names unchanged. */
export class Ini {
  /** Options that a value read so far refers to by `%(name)s`. */
  readonly referenced: Set<string> = new Set();

  constructor(
    readonly sections: ReadonlyMap<string, Options>,
    /** Options of `[DEFAULT]`, which apply to all sections. */
    readonly defaults: Options,
  ) {}

  /** Names of the options of a section, including those of `[DEFAULT]`. Empty if the section is missing. */
  optionsOf(section: string): string[] {
    const options = this.sections.get(section);
    return options ? [...new Set([...options.keys(), ...this.defaults.keys()])] : [];
  }

  /**
   * The value of an option; `undefined` if the section or the option is missing.
   *
   * @throws {IniError} if `%` is used for anything but `%%` and `%(option)s`
   */
  get(section: string, option: string): string | undefined {
    const options = this.sections.get(section);
    const value = options?.get(option) ?? (options && this.defaults.get(option));
    if (options === undefined || value === undefined) return undefined;
    const lookUp = (name: string) => options.get(name) ?? this.defaults.get(name);
    return this.#interpolate(`[${section}] ${option}`, value, lookUp, 1);
  }

  #interpolate(
    place: string,
    value: string,
    lookUp: (name: string) => string | undefined,
    depth: number,
  ): string {
    if (depth > MAX_INTERPOLATION_DEPTH) {
      throw new IniError("InterpolationDepthError", {
        cause:
          `${place}: %(…)s references are circular or nested more than ${MAX_INTERPOLATION_DEPTH} levels deep`,
        remedy: "",
      });
    }
    return value.replaceAll(/%(?:(%)|\(([^)]+)\)s)?/g, (_, percent?: string, name?: string) => {
      if (percent !== undefined) return "%";
      if (name === undefined) {
        throw new IniError("InterpolationSyntaxError", {
          cause: `${place}: a % in a value must be written %%, unless it begins a reference %(option)s`,
          remedy: "",
        });
      }
      const option = lower(name);
      const referenced = lookUp(option);
      if (referenced === undefined) {
        throw new IniError("InterpolationMissingOptionError", {
          cause: `${place}: %(…)s refers to an option that is neither in this section nor in [DEFAULT]`,
          remedy: "A literal % must be written %%.",
        });
      }
      this.referenced.add(option);
      return referenced.includes("%") ? this.#interpolate(place, referenced, lookUp, depth + 1) : referenced;
    });
  }
}

/**
 * Parses the text of an INI file. A byte order mark is skipped.
 *
 * @throws {IniError} the same error as configparser
 * @example
 * ```ts
 * import assert from "assert";
 * const ini = parseIni("[kafka]\nBootstrap_Servers: %(host)s:1\nhost = a");
 * assert.equal(ini.get("kafka", "bootstrap_servers"), "a:1");
 * ```
 */
export function parseIni(text: string): Ini {
  const parser = new IniParser();
  const lines = text.replace(/^\uFEFF/, "").replaceAll(/\r\n?/g, "\n").split("\n");
  lines.forEach((line, index) => parser.addLine(line, index + 1));
  return parser.finish();
}

/** Parses line by line, with the same state as configparser. */
class IniParser {
  readonly #sections = new Map<string, Map<string, string[]>>();
  readonly #defaults = new Map<string, string[]>();
  #section: { name: string; options: Map<string, string[]> } | undefined;
  #option = "";
  #indent = 0;
  /** Numbers of lines that are not options. Like configparser, the parser reports them at the end. */
  readonly #invalid: number[] = [];

  addLine(line: string, number: number): void {
    const text = strip(line);
    if (/^[#;]/.test(text)) return;
    const values = this.#option === "" ? undefined : this.#section?.options.get(this.#option);
    if (text === "") {
      values?.push("");
      return;
    }
    const indent = INDENT.exec(line)![0].length;
    if (values !== undefined && indent > this.#indent) {
      values.push(text);
      return;
    }
    this.#indent = indent;
    const [, header] = /^\[(.+)\]/s.exec(text) ?? [];
    if (header !== undefined) this.#beginSection(header, number);
    else if (this.#section === undefined) {
      throw new IniError("MissingSectionHeaderError", {
        cause: `line ${number} is before the first section`,
        remedy: "Add [kafka] or [postgresql] on a line above it.",
      });
    } else this.#addOption(text, number);
  }

  #beginSection(name: string, number: number): void {
    this.#option = "";
    if (name === DEFAULT) {
      this.#section = { name, options: this.#defaults };
      return;
    }
    if (this.#sections.has(name)) {
      throw new IniError("DuplicateSectionError", {
        cause: `line ${number}: duplicate section [${name}]`,
        remedy: `Put all options below one [${name}].`,
      });
    }
    this.#section = { name, options: new Map() };
    this.#sections.set(name, this.#section.options);
  }

  #addOption(text: string, number: number): void {
    const [, name, value] = /^(.*?)[=:](.*)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined) {
      this.#invalid.push(number);
      return;
    }
    const { name: section, options } = this.#section!;
    const option = lower(name.replace(STRIP_END, ""));
    if (option === "") this.#invalid.push(number);
    this.#option = option;
    if (options.has(option)) {
      throw new IniError("DuplicateOptionError", {
        cause: `line ${number}: duplicate option [${section}] ${option}`,
        remedy: "Remove one of them.",
      });
    }
    options.set(option, [strip(value)]);
  }

  /** @throws {IniError} if a line is not an option */
  finish(): Ini {
    if (this.#invalid.length > 0) {
      const lines = this.#invalid;
      throw new IniError("ParsingError", {
        cause: `line${lines.length > 1 ? "s" : ""} ${lines.join(", ")}: not an option`,
        remedy: 'Write "name = value". Continuation lines must be indented, and comments begin with # or ;.',
      });
    }
    const joined = (options: Map<string, string[]>): Options =>
      new Map([...options].map(([name, values]) => [name, values.join("\n").replace(STRIP_END, "")]));
    return new Ini(
      new Map([...this.#sections].map(([name, options]) => [name, joined(options)])),
      joined(this.#defaults),
    );
  }
}
