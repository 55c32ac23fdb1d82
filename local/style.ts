import process from "node:process";
import { styleText } from "node:util";

/** How a text is emphasized on a terminal. */
export type Style = "bold" | "dim" | "green" | "yellow" | "red" | "cyan";

/**
 * Whether standard output shows colors: on a terminal, unless `NO_COLOR` or `TERM=dumb` is set, or if `FORCE_COLOR` is set.
 * Source: https://no-color.org, https://force-color.org.
 */
export const hasColors = (): boolean => styleText("red", "x", { stream: process.stdout }) !== "x";

/** The text with the escape sequences of a style. */
export const styled = (style: Style, text: string): string =>
  styleText(style, text, { validateStream: false });
