/// <reference lib="dom" />
/**
 * DOM helpers. None of them accepts markup: strings always become text nodes.
 *
 * @module
 */

export type Child = Node | string;

/** Creates an element. */
export function el<N extends keyof HTMLElementTagNameMap>(
  name: N,
  className = "",
  ...children: readonly Child[]
): HTMLElementTagNameMap[N] {
  const element = document.createElement(name);
  if (className !== "") element.className = className;
  element.append(...children);
  return element;
}

/** @throws {Error} if the page has no element with this id */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no #${id}`);
  return element as E;
}

/** Sets text if it changed, so that screen readers do not repeat it and selections are kept. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Replaces the children if `key` differs from the last call. */
export function replaceChildren(element: HTMLElement, key: string, children: () => readonly Child[]): void {
  if (KEYS.get(element) === key) return;
  KEYS.set(element, key);
  element.replaceChildren(...children());
}

const KEYS = new WeakMap<HTMLElement, string>();

/** @param share 0 (empty) to 1 (full) */
export function bar(share: number): HTMLElement {
  const inner = el("span");
  inner.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  const outer = el("span", "bar", inner);
  outer.setAttribute("aria-hidden", "true");
  return outer;
}

const reducedMotion = globalThis.matchMedia?.("(prefers-reduced-motion: reduce)");

/** Scrolls to an element, unless half of it or of the window shows it already. */
export function reveal(element: HTMLElement): void {
  const { top, bottom, height } = element.getBoundingClientRect();
  const visible = Math.min(bottom, innerHeight) - Math.max(top, 0);
  if (visible >= Math.min(height, innerHeight) / 2) return;
  element.scrollIntoView({ block: "start", behavior: reducedMotion?.matches ? "auto" : "smooth" });
}

/** The value of a color variable of `theme.css`. */
export const color = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/**
 * Clears a canvas and resizes its bitmap to its displayed size.
 *
 * @returns a context in CSS pixels; `undefined`: the canvas is not displayed
 */
export function fitCanvas(
  canvas: HTMLCanvasElement,
): { context: CanvasRenderingContext2D; width: number; height: number } | undefined {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = canvas.getContext("2d");
  if (!context || width === 0 || height === 0) return undefined;
  const ratio = Math.min(3, globalThis.devicePixelRatio || 1);
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height };
}
