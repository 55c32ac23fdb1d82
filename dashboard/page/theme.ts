/// <reference lib="dom" />
/**
 * Color theme: light, dark, or that of the system.
 *
 * @module
 */
import { byId, setText } from "./dom.ts";

const THEMES = ["auto", "light", "dark"] as const;
const KEY = "theme";
const SYSTEM_IS_DARK = "(prefers-color-scheme: dark)";

/** When `dark.css` applies, by theme. */
const DARK_MEDIA = { auto: SYSTEM_IS_DARK, light: "not all", dark: "all" } as const;

/**
 * Applies the stored theme and makes the button cycle through the themes.
 *
 * @param onChange called when the colors have changed
 */
export function initTheme(onChange: () => void): void {
  const stored = readTheme();
  let theme: (typeof THEMES)[number] = THEMES.find((one) => one === stored) ?? "auto";
  const apply = () => {
    byId<HTMLLinkElement>("dark-theme").media = DARK_MEDIA[theme];
    setText(byId("theme"), `Theme: ${theme}`);
  };
  apply();
  byId("theme").addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
    writeTheme(theme);
    apply();
    onChange();
  });
  globalThis.matchMedia(SYSTEM_IS_DARK).addEventListener("change", onChange);
}

/** @returns `null` also if storage is disabled */
function readTheme(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function writeTheme(theme: string): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Storage is disabled: the theme is forgotten when the page closes.
  }
}
