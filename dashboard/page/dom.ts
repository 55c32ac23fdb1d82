/// <reference lib="dom" />
/**
 * Makes elements. Text only ever becomes text: nothing here takes markup.
 *
 * @module
 */

/** What can stand inside an element. */
export type Child = Node | string;

/** An element with a class, and children. */
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

/** The element of the page that has this id. */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  const element = document.getElementById(id);
  if (!element) throw new Error(`The page has no #${id}`);
  return element as E;
}

/** Sets text, but only if it changed, so that nothing is read aloud twice or selected text lost. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Replaces the children, but only if `key` is another than the last time. */
export function fill(element: HTMLElement, key: string, children: () => readonly Child[]): void {
  if (KEYS.get(element) === key) return;
  KEYS.set(element, key);
  element.replaceChildren(...children());
}

const KEYS = new WeakMap<HTMLElement, string>();

/** A bar that is full at `share` 1. */
export function bar(share: number): HTMLElement {
  const inner = el("span");
  inner.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  const outer = el("span", "bar", inner);
  outer.setAttribute("aria-hidden", "true");
  return outer;
}

/** The value of a colour of `theme.css`. */
export const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** A canvas as large as it is shown, and its context in CSS pixels; `undefined`: it is not shown. */
export function fitted(
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
