/**
 * The outermost members that a stream's records have.
 *
 * @module
 */
import type { Stream } from "../stream.ts";

/** A member that the stream knows: a number, or an array of numbers. */
export interface Member {
  readonly name: Uint8Array;
  /** Another name that counts where there is none of the first. */
  readonly alias: Uint8Array | undefined;
  readonly isArray: boolean;
  /** The fields that it holds, as indexes of the stream's. */
  readonly fields: readonly number[];
}

/** The members of a stream's records; `undefined` where they are of another shape, such as objects within objects. */
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

/** Whether the bytes from `start` on, `length` of them, are that name. */
export function isNameAt(bytes: Uint8Array, start: number, length: number, name: Uint8Array): boolean {
  if (length !== name.length) return false;
  for (let i = 0; i < length; i++) if (bytes[start + i] !== name[i]) return false;
  return true;
}
