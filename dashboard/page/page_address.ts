/// <reference lib="dom" />
/**
 * The address of the page and its history.
 *
 * @module
 */
import { formatPageState, type PageState, parsePageState } from "./page_state.ts";

export class PageAddress {
  #state = parsePageState(location.search);

  /** @param onChange called when the state has changed; `isNavigation`: by the browser's back or forward button */
  constructor(private readonly onChange: (isNavigation: boolean) => void) {
    addEventListener("popstate", () => {
      this.#state = parsePageState(location.search);
      onChange(true);
    });
  }

  get state(): PageState {
    return this.#state;
  }

  /** @param how `push`: the back button returns to the previous state */
  change(change: PageState, how: "push" | "replace"): void {
    this.#state = { ...this.#state, ...change };
    const query = formatPageState(this.#state);
    if (query !== location.search) history[`${how}State`](null, "", location.pathname + query);
    this.onChange(false);
  }
}
