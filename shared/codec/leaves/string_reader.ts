/**
 * Reads JSON strings that need no conversion: without escapes.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { isInvalid, type JsonSkipper } from "../json_skipper.ts";
import { hasAnyLength, type StringRules } from "../node_rules.ts";

const QUOTE = 0x22;

/** Rules of strings of any length. */
const ANY: StringRules = {
  minLength: 0,
  maxLength: Infinity,
  patterns: [],
  format: "none",
  isOffsetAllowed: false,
  isAnyPrecision: false,
};

/** Whether a string is the same in JSON, without escapes, and can be stored. */
const isPlain = (text: string) => JSON.stringify(text) === `"${text}"` && text.isWellFormed();

/** Finds the bytes of a string and checks its rules. */
export class StringReader {
  /** The bytes between the quotes of the last string. */
  start = 0;
  end = 0;
  /** Whether the last string has only ASCII characters. */
  isAscii = true;
  readonly #options: readonly Uint8Array[] | undefined;
  readonly #hasAnyLength: boolean;
  /** The option that was found last. */
  #last = 0;

  constructor(readonly rules: StringRules, readonly skipper: JsonSkipper, options?: readonly string[]) {
    this.#hasAnyLength = hasAnyLength(rules);
    this.#options = options?.map((text) => Buffer.from(text));
  }

  /** A reader that accepts the given strings, except those that have escapes in JSON. */
  static ofOptions(options: readonly string[], skipper: JsonSkipper): StringReader {
    return new StringReader(ANY, skipper, options.filter(isPlain));
  }

  /** Reads the string whose opening quote is at `at`. Returns the index after it, or −1 if it has an escape or is not proven to be valid. */
  read(bytes: Uint8Array, at: number, end: number): number {
    if (this.#options) return this.#readOption(bytes, at, end);
    const { skipper, rules } = this;
    const { hasEscape, hasNonAscii } = skipper;
    skipper.hasEscape = false;
    skipper.hasNonAscii = false;
    const next = skipper.skipString(bytes, at, end);
    const isEscaped = skipper.hasEscape;
    this.isAscii = !skipper.hasNonAscii;
    skipper.hasEscape ||= hasEscape;
    skipper.hasNonAscii ||= hasNonAscii;
    if (isInvalid(next) || isEscaped) return -1;
    this.start = at + 1;
    this.end = next - 1;
    if (!this.#hasAnyLength && !this.#isLengthValid(bytes)) return -1;
    return rules.patterns.length === 0 || this.#matches(bytes) ? next : -1;
  }

  #isLengthValid(bytes: Uint8Array): boolean {
    const { minLength, maxLength } = this.rules;
    let length = this.end - this.start;
    if (!this.isAscii) {
      // A character has one byte that is not a continuation byte.
      for (let i = this.start; i < this.end; i++) if ((bytes[i]! & 0xc0) === 0x80) length--;
    }
    return length >= minLength && length <= maxLength;
  }

  /** Checks the patterns of the last string as JavaScript does. */
  #matches(bytes: Uint8Array): boolean {
    const { patterns } = this.rules;
    const text = this.text(bytes);
    for (let p = 0; p < patterns.length; p++) {
      const pattern = patterns[p]!;
      pattern.lastIndex = 0;
      if (!pattern.test(text)) return false;
    }
    return true;
  }

  /** The last string. */
  text(bytes: Uint8Array): string {
    const encoding = this.isAscii ? "latin1" : "utf8";
    return Buffer.prototype.toString.call(bytes, encoding, this.start, this.end);
  }

  #readOption(bytes: Uint8Array, at: number, end: number): number {
    const options = this.#options!;
    for (let n = 0; n < options.length; n++) {
      let o = this.#last + n;
      if (o >= options.length) o -= options.length;
      const option = options[o]!;
      const { length } = option;
      const close = at + 1 + length;
      if (close >= end || bytes[close] !== QUOTE) continue;
      let i = 0;
      while (i < length && bytes[at + 1 + i] === option[i]) i++;
      if (i < length) continue;
      this.#last = o;
      this.start = at + 1;
      this.end = close;
      return close + 1;
    }
    return -1;
  }
}
