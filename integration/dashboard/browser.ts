/**
 * A browser that records its requests and console errors.
 *
 * @module
 */
import { type Browser, chromium, type Page } from "playwright-core";

/** Paths of distributions. */
const PATHS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Path of the browser; `undefined`: not installed. The environment variable `CHROMIUM` overrides it. */
export const CHROMIUM = [Deno.env.get("CHROMIUM") ?? "", ...PATHS].find((path) => {
  try {
    return path !== "" && Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});

/** Disables the browser's own network requests. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A page in its own browser. */
export class OpenPage implements AsyncDisposable {
  /** Console errors and warnings, and uncaught errors. */
  readonly errors: string[] = [];
  /** Requested URLs. */
  readonly requests: string[] = [];

  private constructor(readonly page: Page, private readonly browser: Browser) {
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.errors.push(message.text());
    });
    page.on("pageerror", (error) => this.errors.push(String(error)));
    page.on("request", (request) => this.requests.push(request.url()));
  }

  /** Opens a browser with an empty page. */
  static async open(): Promise<OpenPage> {
    const browser = await chromium.launch({ executablePath: CHROMIUM!, args: ARGUMENTS });
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" });
    page.setDefaultTimeout(20_000);
    return new OpenPage(page, browser);
  }

  /** The text of an element. */
  async text(selector: string): Promise<string> {
    return (await this.page.textContent(selector))!.trim();
  }

  /** Number of drawn pixels of a canvas, and a checksum. */
  async drawnPixels(selector: string): Promise<{ pixels: number; sum: number }> {
    return await this.page.evaluate(`(() => {
      const canvas = document.querySelector(${JSON.stringify(selector)});
      // A copy: reading the canvas of the page would make the browser log a warning.
      const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext("2d", { willReadFrequently: true });
      copy.drawImage(canvas, 0, 0);
      const { data } = copy.getImageData(0, 0, canvas.width, canvas.height);
      let pixels = 0, sum = 0;
      for (let i = 3; i < data.length; i += 4) if (data[i] > 0) { pixels++; sum = (sum * 31 + i) % 1e9; }
      return { pixels, sum };
    })()`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.browser.close();
  }
}
