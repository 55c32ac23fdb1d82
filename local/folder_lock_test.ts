import assert from "assert";
import { FolderLock } from "./folder_lock.ts";

Deno.test("FolderLock.take() returns the pid of the holder when the folder is locked", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/new/data`;
    const first = FolderLock.take(path);
    assert.ok(first instanceof FolderLock);
    assert.equal(FolderLock.take(path), Deno.pid);
    first[Symbol.dispose]();
    const second = FolderLock.take(path);
    assert.ok(second instanceof FolderLock);
    second[Symbol.dispose]();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
