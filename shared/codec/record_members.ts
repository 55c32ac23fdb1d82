/**
 * The top-level members of a stream's records.
 *
 * @module
 */
import type { Stream } from "../stream.ts";

/** A member with a value of the stream: a number, or an array of numbers. */
export interface Member {
  readonly name: Uint8Array;
  /** Alternative name, used if the first is absent. */
  readonly alias: Uint8Array | undefined;
  readonly isArray: boolean;
  /** Indexes of the stream's fields in this member. */
  readonly fields: readonly number[];
}

/** The members of a stream's records; `undefined` if they have an unsupported shape, such as nested objects. */
export function recordMembers({ fields }: Stream): Member[] | undefined {
  const members = new Map<string, Member & { fields: number[] }>();
  const bytes = (text: string) => new TextEncoder().encode(text);
  for (const [index, { path: [name, element, ...more], alias }] of fields.entries()) {
    const isArray = element !== undefined;
    let member = members.get(name);
    if (!member) {
      member = {
        name: bytes(name),
        alias: alias === undefined ? undefined : bytes(alias),
        isArray,
        fields: [],
      };
      members.set(name, member);
    }
    if (more.length > 0 || (isArray && element !== member.fields.length) || isArray !== member.isArray) {
      return undefined;
    }
    member.fields.push(index);
  }
  return [...members.values()];
}

/** Whether the `length` bytes from `start` on equal a name. */
export function isNameAt(bytes: Uint8Array, start: number, length: number, name: Uint8Array): boolean {
  if (length !== name.length) return false;
  for (let i = 0; i < length; i++) if (bytes[start + i] !== name[i]) return false;
  return true;
}
