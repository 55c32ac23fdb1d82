/// <reference lib="dom" />
/**
 * The time slider: live at its right end, a sample of the stored rows elsewhere. Positions are row indexes and not times, so that
 * periods without records take no space.
 *
 * @module
 */
import type { History, Row } from "../protocol.ts";
import { byId, setText } from "./dom.ts";
import { formatTimestamp } from "./format.ts";

/** Duration of playing the whole sample. */
const PLAY_MS = 20_000;
/** A sample older than this is fetched again when the slider moves. */
const STALE_MS = 15_000;

export class Timeline {
  readonly #slider = byId<HTMLInputElement>("slider");
  readonly #live = byId("live");
  readonly #play = byId("play");
  #rows: readonly Row[] = [];
  #fetched = -Infinity;
  #fetching: Promise<void> | undefined;
  #isLive = true;
  #animation = 0;

  /**
   * @param stream name of the stream; `undefined`: not known yet
   * @param onMove called with the sample and the index of its latest row to show; `undefined`: live
   */
  constructor(
    private readonly stream: () => string | undefined,
    private readonly onMove: (at: { rows: readonly Row[]; index: number } | undefined) => void,
  ) {
    this.#slider.addEventListener("input", () => {
      this.#stop();
      void this.#onInput();
    });
    this.#live.addEventListener("click", () => this.goLive());
    byId("play").addEventListener("click", () => this.#animation ? this.#stop() : void this.#start());
  }

  /** Discards the sample. */
  clear(): void {
    this.#fetched = -Infinity;
    this.#rows = [];
  }

  /** Shows the time of the latest row, while live. */
  showLive(latest: number | undefined): void {
    if (!this.#isLive) return;
    this.#showTime(latest === undefined ? "—" : formatTimestamp(latest));
  }

  goLive(): void {
    this.#stop();
    this.#slider.value = this.#slider.max;
    this.#setLive(true);
    this.onMove(undefined);
  }

  async #onInput(): Promise<void> {
    if (this.#slider.value === this.#slider.max) return this.goLive();
    this.#setLive(false);
    await this.#refresh();
    if (!this.#isLive) this.#show();
  }

  #show(): void {
    const share = Number(this.#slider.value) / Number(this.#slider.max);
    const index = Math.round(share * (this.#rows.length - 1));
    const row = this.#rows[index];
    if (!row) return this.#showTime("no rows yet");
    this.#showTime(formatTimestamp(row[1]));
    this.onMove({ rows: this.#rows, index });
  }

  async #start(): Promise<void> {
    if (this.#isLive) this.#slider.value = "0";
    this.#setLive(false);
    this.#animation = 1;
    setText(this.#play, "❚❚");
    this.#play.setAttribute("aria-label", "Pause");
    await this.#refresh();
    let before = performance.now();
    let at = Number(this.#slider.value);
    const step = (now: number) => {
      if (!this.#animation) return;
      at += (now - before) / PLAY_MS * Number(this.#slider.max);
      before = now;
      if (at >= Number(this.#slider.max)) return this.goLive();
      this.#slider.value = `${Math.round(at)}`;
      this.#show();
      this.#animation = requestAnimationFrame(step);
    };
    if (this.#animation) this.#animation = requestAnimationFrame(step);
  }

  #stop(): void {
    cancelAnimationFrame(this.#animation);
    this.#animation = 0;
    setText(this.#play, "▶");
    this.#play.setAttribute("aria-label", "Play stored rows");
  }

  #setLive(live: boolean): void {
    this.#isLive = live;
    this.#live.setAttribute("aria-pressed", `${live}`);
  }

  #showTime(text: string): void {
    setText(byId("slider-time"), text);
    this.#slider.setAttribute("aria-valuetext", this.#isLive ? `live, ${text}` : text);
  }

  #refresh(): Promise<void> {
    if (performance.now() - this.#fetched < STALE_MS) return Promise.resolve();
    return this.#fetching ??= this.#fetchSample().finally(() => this.#fetching = undefined);
  }

  async #fetchSample(): Promise<void> {
    const stream = this.stream();
    if (stream === undefined) return;
    try {
      const response = await fetch(`/api/history?stream=${encodeURIComponent(stream)}`);
      if (!response.ok) return;
      const { rows }: History = await response.json();
      this.#rows = rows;
      this.#fetched = performance.now();
    } catch {
      // Keeps the previous sample. The connection reports that the service is unreachable.
    }
  }
}
