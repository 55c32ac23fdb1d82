/**
 * One stream of news for any number of pages, as server-sent events. Each message is encoded once. A page that reads too slowly
 * holds nothing up and costs no memory: what it missed is dropped, and it gets the whole picture instead.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 * @module
 */
import { pause } from "../../shared/lifecycle.ts";

/** Messages that are kept for pages that are a little behind. */
const UPDATES_MAX = 4;
/** After this long without news a comment is sent, so that nobody in between takes the connection for dead. */
const KEEP_ALIVE_MS = 15_000;

const encoder = new TextEncoder();
const message = (event: string, data: unknown) =>
  encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);

/** Sends snapshots and updates to pages. */
export class Broadcast<Snapshot, Update> {
  #version = 0;
  readonly #updates: { version: number; bytes: Uint8Array }[] = [];
  #snapshot: { version: number; bytes: Uint8Array } | undefined;
  #news = Promise.withResolvers<void>();
  /** Each page's stream, the address that it goes to, and what ends its waiting. */
  readonly #viewers = new Map<
    ReadableStreamDefaultController<Uint8Array>,
    { readonly address: string; readonly left: AbortController }
  >();
  #closed = false;

  /**
   * @param snapshot the whole picture as it is now
   * @param onViewers told how many pages are open, whenever that changes
   */
  constructor(
    private readonly snapshot: () => Snapshot,
    private readonly onViewers: (count: number) => void = () => {},
  ) {}

  /** Pages that are open: all of them, or those of one address. */
  viewers(address?: string): number {
    if (address === undefined) return this.#viewers.size;
    return [...this.#viewers.values()].filter((viewer) => viewer.address === address).length;
  }

  /** Sends news to all pages. */
  publish(update: Update): void {
    this.#version++;
    // With nobody there nothing is encoded; whoever comes gets a snapshot first.
    if (this.#viewers.size === 0) this.#updates.length = 0;
    else this.#updates.push({ version: this.#version, bytes: message("update", update) });
    if (this.#updates.length > UPDATES_MAX) this.#updates.shift();
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }

  /** The body of one page's answer, which goes to `address`. */
  open(address: string): ReadableStream<Uint8Array> {
    let at: number | undefined;
    let self: ReadableStreamDefaultController<Uint8Array>;
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        self = controller;
        if (this.#closed) return controller.close();
        this.#viewers.set(controller, { address, left: new AbortController() });
        this.onViewers(this.#viewers.size);
        controller.enqueue(encoder.encode("retry: 1000\n\n"));
      },
      // Called only when the page has taken what came before.
      pull: async (controller) => {
        if (at === this.#version && !await this.#waitForNews(controller)) {
          if (this.#viewers.has(controller)) controller.enqueue(encoder.encode(":\n\n"));
          return;
        }
        if (!this.#viewers.has(controller)) return;
        const next = this.#updates.find(({ version }) => version === at! + 1);
        const { version, bytes } = next ?? this.#snapshotNow();
        at = version;
        controller.enqueue(bytes);
      },
      cancel: () => this.#leave(self),
    });
  }

  /** Ends all pages' streams. */
  close(): void {
    this.#closed = true;
    for (const controller of [...this.#viewers.keys()]) {
      this.#leave(controller);
      controller.close();
    }
    this.#news.resolve();
  }

  #leave(controller: ReadableStreamDefaultController<Uint8Array>): void {
    this.#viewers.get(controller)?.left.abort();
    this.#viewers.delete(controller);
    this.onViewers(this.#viewers.size);
  }

  #snapshotNow(): { version: number; bytes: Uint8Array } {
    if (this.#snapshot?.version !== this.#version) {
      this.#snapshot = { version: this.#version, bytes: message("snapshot", this.snapshot()) };
    }
    return this.#snapshot;
  }

  /** @returns false where there is none for {@link KEEP_ALIVE_MS} */
  async #waitForNews(controller: ReadableStreamDefaultController<Uint8Array>): Promise<boolean> {
    const over = new AbortController();
    const left = this.#viewers.get(controller)?.left.signal ?? AbortSignal.abort();
    const news = this.#news.promise.then(() => true);
    const silence = pause(KEEP_ALIVE_MS, AbortSignal.any([over.signal, left])).then(() => false);
    const result = await Promise.race([news, silence]);
    over.abort();
    return result;
  }
}
