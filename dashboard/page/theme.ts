/// <reference lib="dom" />
/**
 * Light, dark, or what the system says.
 *
 * @module
 */
import { byId, setText } from "./dom.ts";

const THEMES = ["auto", "light", "dark"] as const;
const KEY = "theme";

/** Sets the theme up. @param onChange told when colours are others now */
export function initTheme(onChange: () => void): void {
  const stored = read();
  let theme: (typeof THEMES)[number] = THEMES.find((one) => one === stored) ?? "auto";
  const apply = () => {
    if (theme === "auto") delete document.documentElement.dataset["theme"];
    else document.documentElement.dataset["theme"] = theme;
    setText(byId("theme"), `Theme: ${theme}`);
  };
  apply();
  byId("theme").addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
    write(theme);
    apply();
    onChange();
  });
  globalThis.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", onChange);
}

// Storage may be turned off.
function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function write(theme: string): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // Then it lasts as long as the page.
  }
}
