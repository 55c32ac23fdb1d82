/** Held while one program works on a folder; the system lets it go when that program ends, however it does. */
export class FolderLock implements Disposable {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /**
   * Takes the lock of a folder, which is made where it is missing.
   *
   * @returns Or the process id of who holds it.
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
