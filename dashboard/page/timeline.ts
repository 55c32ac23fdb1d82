/// <reference lib="dom" />
/**
 * The time slider: live at its right end, what is stored elsewhere. It runs over the stored rows in their order and not over
 * the clock, so that a night without records takes no place on it.
 *
 * @module
 */
import type { History, Row } from "../protocol.ts";
import { byId, setText } from "./dom.ts";
import { moment } from "./format.ts";

/** Time that playing takes for all that is stored, milliseconds. */
const PLAY_MS = 20_000;
/** A sample older than this is fetched again when somebody moves the slider, milliseconds. */
const STALE_MS = 15_000;

/** The slider and its buttons. */
export class Timeline {
  readonly #slider = byId<HTMLInputElement>("slider");
  readonly #live = byId("live");
  readonly #play = byId("play");
  #rows: readonly Row[] = [];
  #fetched = -Infinity;
  #fetching: Promise<void> | undefined;
  #isLive = true;
  #playing = 0;

  /**
   * @param stream whose rows are gone through; `undefined`: not known yet
   * @param onMove told the rows and which of them is the latest; `undefined`: live
   */
  constructor(
    private readonly stream: () => string | undefined,
    private readonly onMove: (at: { rows: readonly Row[]; index: number } | undefined) => void,
  ) {
    this.#slider.addEventListener("input", () => {
      this.#stop();
      void this.#moved();
    });
    this.#live.addEventListener("click", () => this.goLive());
    byId("play").addEventListener("click", () => this.#playing ? this.#stop() : void this.#start());
  }

  /** What was fetched is void. */
  forget(): void {
    this.#fetched = -Infinity;
    this.#rows = [];
  }

  /** Says the time of the latest row, while live. */
  showLive(latest: number | undefined): void {
    if (!this.#isLive) return;
    this.#say(latest === undefined ? "—" : moment(latest));
  }

  /** Back to what is there now. */
  goLive(): void {
    this.#stop();
    this.#slider.value = this.#slider.max;
    this.#become(true);
    this.onMove(undefined);
  }

  async #moved(): Promise<void> {
    if (this.#slider.value === this.#slider.max) return this.goLive();
    this.#become(false);
    await this.#fetch();
    if (!this.#isLive) this.#show();
  }

  #show(): void {
    const share = Number(this.#slider.value) / Number(this.#slider.max);
    const index = Math.round(share * (this.#rows.length - 1));
    const row = this.#rows[index];
    if (!row) return this.#say("nothing stored yet");
    this.#say(moment(row[1]!));
    this.onMove({ rows: this.#rows, index });
  }

  async #start(): Promise<void> {
    if (this.#isLive) this.#slider.value = "0";
    this.#become(false);
    this.#playing = 1;
    setText(this.#play, "❚❚");
    this.#play.setAttribute("aria-label", "Pause");
    await this.#fetch();
    let before = performance.now();
    let at = Number(this.#slider.value);
    const step = (now: number) => {
      if (!this.#playing) return;
      at += (now - before) / PLAY_MS * Number(this.#slider.max);
      before = now;
      if (at >= Number(this.#slider.max)) return this.goLive();
      this.#slider.value = `${Math.round(at)}`;
      this.#show();
      this.#playing = requestAnimationFrame(step);
    };
    if (this.#playing) this.#playing = requestAnimationFrame(step);
  }

  #stop(): void {
    cancelAnimationFrame(this.#playing);
    this.#playing = 0;
    setText(this.#play, "▶");
    this.#play.setAttribute("aria-label", "Play what is stored");
  }

  #become(live: boolean): void {
    this.#isLive = live;
    this.#live.setAttribute("aria-pressed", `${live}`);
  }

  #say(text: string): void {
    setText(byId("slider-time"), text);
    this.#slider.setAttribute("aria-valuetext", this.#isLive ? `live, ${text}` : text);
  }

  #fetch(): Promise<void> {
    if (performance.now() - this.#fetched < STALE_MS) return Promise.resolve();
    return this.#fetching ??= this.#ask().finally(() => this.#fetching = undefined);
  }

  async #ask(): Promise<void> {
    const stream = this.stream();
    if (stream === undefined) return;
    try {
      const response = await fetch(`/api/history?stream=${encodeURIComponent(stream)}`);
      if (!response.ok) return;
      const { rows }: History = await response.json();
      this.#rows = rows;
      this.#fetched = performance.now();
    } catch {
      // What was fetched before has to do; that the service does not answer is said elsewhere.
    }
  }
}
