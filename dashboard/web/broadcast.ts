/**
 * Sends updates to any number of pages as server-sent events. Each message is encoded once. A page that reads too slowly misses
 * updates and receives a snapshot instead, so that it neither delays others nor uses memory.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 * @module
 */
import { pause } from "../../shared/lifecycle.ts";

/** Updates kept for pages that are slightly behind. */
const UPDATES_MAX = 4;
/** A comment is sent after this time without updates, so that proxies do not close the connection. */
const KEEP_ALIVE_MS = 15_000;

const encoder = new TextEncoder();
const message = (event: string, data: unknown) =>
  encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);

/** Sends snapshots and updates to pages. */
export class Broadcast<Snapshot, Update> {
  #version = 0;
  readonly #updates: { version: number; bytes: Uint8Array }[] = [];
  #snapshot: { version: number; bytes: Uint8Array } | undefined;
  #nextUpdate = Promise.withResolvers<void>();
  /** By stream: the page's address, and what cancels its wait when it leaves. */
  readonly #viewers = new Map<
    ReadableStreamDefaultController<Uint8Array>,
    { readonly address: string; readonly left: AbortController }
  >();
  #closed = false;

  /**
   * @param snapshot returns the current state
   * @param onViewers called with the number of open pages when it changes
   */
  constructor(
    private readonly snapshot: () => Snapshot,
    private readonly onViewers: (count: number) => void = () => {},
  ) {}

  /** Number of open pages, in total or of one address. */
  viewers(address?: string): number {
    if (address === undefined) return this.#viewers.size;
    return [...this.#viewers.values()].filter((viewer) => viewer.address === address).length;
  }

  /** Sends an update to all pages. */
  publish(update: Update): void {
    this.#version++;
    // Without pages nothing is encoded: a new page receives a snapshot first.
    if (this.#viewers.size === 0) this.#updates.length = 0;
    else this.#updates.push({ version: this.#version, bytes: message("update", update) });
    if (this.#updates.length > UPDATES_MAX) this.#updates.shift();
    this.#nextUpdate.resolve();
    this.#nextUpdate = Promise.withResolvers();
  }

  /** Opens the event stream of a page at `address`. */
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
      // Called only when the page has read all previous messages.
      pull: async (controller) => {
        if (at === this.#version && !await this.#waitForUpdate(controller)) {
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

  /** Ends the streams of all pages. */
  close(): void {
    this.#closed = true;
    for (const controller of [...this.#viewers.keys()]) {
      this.#leave(controller);
      controller.close();
    }
    this.#nextUpdate.resolve();
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

  /** @returns false if there is no update for {@link KEEP_ALIVE_MS} */
  async #waitForUpdate(controller: ReadableStreamDefaultController<Uint8Array>): Promise<boolean> {
    const done = new AbortController();
    const left = this.#viewers.get(controller)?.left.signal ?? AbortSignal.abort();
    const update = this.#nextUpdate.promise.then(() => true);
    const timeout = pause(KEEP_ALIVE_MS, AbortSignal.any([done.signal, left])).then(() => false);
    const result = await Promise.race([update, timeout]);
    done.abort();
    return result;
  }
}
