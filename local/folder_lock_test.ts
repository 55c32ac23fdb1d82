import assert from "assert";
import { FolderLock } from "./folder_lock.ts";

Deno.test("FolderLock.take() gives the process id of who holds the lock, until it is let go", async () => {
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
