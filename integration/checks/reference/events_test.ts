import assert from "assert";
import { eventsIn, readEvents } from "./events.ts";

const TABLE = `
type At = { readonly topic: string };
export const EVENTS = {
  moved: event<At & { offset: number }>("info", ({ offset }) => \`\${offset}\`),
  ended: event<Record<never, never>>("warn", () => "Ended."),
  told: messageOnly("error"),
};
`;

Deno.test("eventsIn() returns names, levels and fields when a module declares and logs events", () => {
  const logs =
    `this.log("warn", "held", text, { code: error.code, stack }); log(level, name, text); console.log("info", "x");`;
  assert.deepEqual(eventsIn("/x.ts", TABLE + logs), [
    { name: "moved", level: "info", fields: ["topic", "offset"] },
    { name: "ended", level: "warn", fields: [] },
    { name: "told", level: "error", fields: [] },
    { name: "held", level: "warn", fields: ["code", "stack"] },
  ]);
});

Deno.test("eventsIn() throws when the fields of an event cannot be read", () => {
  assert.throws(() => eventsIn("/x.ts", `({ a: event<Unknown>("info", f) })`), /fields of the type Unknown/);
  assert.throws(
    () => eventsIn("/x.ts", `log("info", "a", "", fields)`),
    /fields of an event are not a literal/,
  );
});

Deno.test("readEvents() follows imported types, and leaves out debug events and those of commands", () => {
  const fieldsOf = (name: string) => readEvents().find((event) => event.name === name)?.fields;
  assert.deepEqual(fieldsOf("key_conflicts_found"), ["topic", "count"]);
  assert.equal(fieldsOf("records_fetched"), undefined);
  assert.equal(fieldsOf("list_truncated"), undefined);
});
