/**
 * The archive of the broker's classes, laid out as the JVM wants them in memory (class-data sharing, CDS). It spares
 * one of the 2.7 seconds that the broker takes to start. The JVM writes it when a broker that was told to ends in
 * order. It belongs to one Java and one set of jars; the JVM ignores one that does not fit.
 */
export class ClassArchive {
  readonly #path: string;
  readonly #possible: boolean;

  /** @param possible Whether this Java can make and use one. */
  constructor(path: string, possible: boolean) {
    this.#path = path;
    this.#possible = possible;
  }

  /** Whether there could be one, but is not. */
  get isMissing(): boolean {
    return this.#possible && !this.#there();
  }

  /** Arguments of `java` that use it, if it is there. */
  useArguments(): string[] {
    return this.#possible && this.#there() ? [`-XX:SharedArchiveFile=${this.#path}`] : [];
  }

  /** Arguments of `java` that make it where it is missing, and what to call when that program has ended. */
  createArguments(): { args: string[]; keep: () => void } {
    if (!this.isMissing) return { args: [], keep: () => {} };
    // Other brokers may be at it as well, and one that is killed leaves it unfinished.
    const unfinished = `${this.#path}.${crypto.randomUUID()}`;
    return { args: [`-XX:ArchiveClassesAtExit=${unfinished}`], keep: () => this.#keep(unfinished) };
  }

  #there(): boolean {
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
      // It was killed before it began to write. The next one that ends in order makes it.
    }
  }
}
