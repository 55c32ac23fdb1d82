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

export interface TimelineActions {
  /** Name of the stream; `undefined`: not known yet. */
  readonly stream: () => string | undefined;
  /** Shows the rows up to an index, which is -1 if there are none; `undefined`: live. */
  readonly onMove: (at: { rows: readonly Row[]; index: number } | undefined) => void;
  /** The slider was moved by the user and rests at a time, Unix seconds; `undefined`: live. */
  readonly onSettle: (at: number | undefined) => void;
}

export class Timeline {
  readonly #slider = byId<HTMLInputElement>("slider");
  readonly #live = byId("live");
  readonly #play = byId("play");
  #rows: readonly Row[] = [];
  #index = -1;
  #fetched = -Infinity;
  #fetching: Promise<void> | undefined;
  #isLive = true;
  #animation = 0;

  constructor(private readonly actions: TimelineActions) {
    this.#slider.addEventListener("input", () => {
      this.#stop();
      void this.#onInput();
    });
    this.#slider.addEventListener("change", () => void this.#onInput().then(() => this.#settle()));
    this.#live.addEventListener("click", () => this.goLive());
    this.#play.addEventListener("click", () => {
      if (!this.#animation) return void this.#start();
      this.#stop();
      this.#settle();
    });
  }

  /** Fetches the sample again when the slider moves or starts to play. */
  invalidate(): void {
    this.#fetched = -Infinity;
  }

  /** Shows the time of the latest row, while live. */
  showLive(latest: number | undefined): void {
    if (!this.#isLive) return;
    this.#showTime(latest === undefined ? "—" : formatTimestamp(latest));
  }

  /** Returns to the live view, as the user does. */
  goLive(): void {
    this.#showLiveEnd();
    this.#settle();
  }

  /** Shows a time, Unix seconds; `undefined`: live. */
  async goTo(at: number | undefined): Promise<void> {
    if (at === undefined) return this.#isLive ? undefined : this.#showLiveEnd();
    if (at === this.#time) return;
    this.#stop();
    this.#setLive(false);
    await this.#refresh();
    if (this.#isLive) return;
    this.#index = Math.max(this.#rows.length > 0 ? 0 : -1, this.#rows.findLastIndex((row) => row[1] <= at));
    const share = this.#index / Math.max(1, this.#rows.length - 1);
    // The right end is live.
    this.#slider.value = `${
      Math.min(Number(this.#slider.max) - 1, Math.round(share * Number(this.#slider.max)))
    }`;
    this.#show();
  }

  /** The time shown; `undefined`: live, or no rows. */
  get #time(): number | undefined {
    return this.#isLive ? undefined : this.#rows[this.#index]?.[1];
  }

  #settle(): void {
    // Without rows there is no time to return to.
    if (this.#isLive || this.#time !== undefined) this.actions.onSettle(this.#time);
  }

  #showLiveEnd(): void {
    this.#stop();
    this.#slider.value = this.#slider.max;
    this.#setLive(true);
    this.actions.onMove(undefined);
  }

  async #onInput(): Promise<void> {
    if (this.#slider.value === this.#slider.max) return this.#showLiveEnd();
    this.#setLive(false);
    await this.#refresh();
    if (!this.#isLive) this.#showSliderTime();
  }

  #showSliderTime(): void {
    const share = Number(this.#slider.value) / Number(this.#slider.max);
    this.#index = Math.round(share * (this.#rows.length - 1));
    this.#show();
  }

  #show(): void {
    const row = this.#rows[this.#index];
    this.#showTime(row ? formatTimestamp(row[1]) : "no rows");
    this.actions.onMove({ rows: this.#rows, index: row ? this.#index : -1 });
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
      this.#showSliderTime();
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
    const stream = this.actions.stream();
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
