import { isForeground } from "./servers/process_list.ts";

/** Keys typed before the wait arrive within this time. */
const TYPED_BEFORE_MS = 200;

/** The keyboard of the terminal. While it is open, typed keys are not echoed into the screen. Ctrl-C still sends SIGINT. */
export class Keyboard implements Disposable {
  /**
   * Opens the keyboard.
   *
   * @returns `undefined` if the program has none: standard input or output is not a terminal, or the program runs in the background,
   * where changing the terminal would stop it
   */
  static async open(): Promise<Keyboard | undefined> {
    const hasTerminal = Deno.stdin.isTerminal() && Deno.stdout.isTerminal();
    return hasTerminal && await isForeground() ? new Keyboard() : undefined;
  }

  private constructor() {
    Deno.stdin.setRaw(true, { cbreak: true });
  }

  /** Waits for a key, or for the end of input. */
  async key(): Promise<void> {
    const start = performance.now();
    const bytes = new Uint8Array(64);
    while (await Deno.stdin.read(bytes) !== null && performance.now() - start < TYPED_BEFORE_MS) {
      // Typed earlier.
    }
  }

  [Symbol.dispose](): void {
    Deno.stdin.setRaw(false);
  }
}
