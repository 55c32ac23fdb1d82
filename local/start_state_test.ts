import assert from "assert";
import { readState, writeState } from "./start_state.ts";

async function inFolder(use: (folder: string) => void | Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("readState() returns what writeState() has written", async () => {
  await inFolder((folder) => {
    const state = {
      servers: "container",
      id: "abc",
      ports: { kafka: 1, postgres: 2, dashboard: 3 },
    } as const;
    writeState(folder, state);
    assert.deepEqual(readState(folder), state);
  });
});

Deno.test("readState() recognizes data of embedded servers when there is no state", async () => {
  await inFolder(async (folder) => {
    const { id, ...first } = readState(folder);
    assert.match(id, /^[0-9a-f]{8}$/);
    assert.deepEqual(first, { ports: {} });
    await Deno.mkdir(`${folder}/postgres`);
    assert.equal(readState(folder).servers, "embedded");
  });
});

Deno.test("readState() throws when the file is invalid", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/start.json`, '{"ports":{}}');
    assert.throws(() => readState(folder), /^ServerError: .*start\.json is invalid\. Delete /);
  });
});
