/** An exclusive lock on a folder, held by one program. The operating system releases it when the program ends. */
export class FolderLock implements Disposable {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /**
   * Locks a folder, which is created if needed.
   *
   * @returns the lock, or the pid of its holder
   */
  static take(folder: string): FolderLock | number {
    Deno.mkdirSync(folder, { recursive: true });
    const path = `${folder}/lock`;
    const file = Deno.openSync(path, { read: true, write: true, create: true });
    if (!file.tryLockSync(true)) {
      file.close();
      return parseInt(Deno.readTextFileSync(path));
    }
    file.truncateSync();
    file.writeSync(new TextEncoder().encode(`${Deno.pid}\n`));
    return new FolderLock(file);
  }

  [Symbol.dispose](): void {
    this.#file.close();
  }
}
