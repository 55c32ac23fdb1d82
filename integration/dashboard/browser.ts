/**
 * A real browser, and a record of what it asks for and complains about.
 *
 * @module
 */
import { type Browser, chromium, type Page } from "playwright-core";

/** Debian's, and what others call it. */
const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Where a browser is; `undefined`: there is none. The environment variable `CHROMIUM` names another. */
export const CHROMIUM = [Deno.env.get("CHROMIUM") ?? "", ...PLACES].find((path) => {
  try {
    return path !== "" && Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});

/** Nothing of the browser's own goes to the network. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** One page in a browser of its own. */
export class OpenPage implements AsyncDisposable {
  /** Errors and warnings of the console, and what was thrown. */
  readonly complaints: string[] = [];
  /** URLs that were asked for. */
  readonly requests: string[] = [];

  private constructor(readonly page: Page, private readonly browser: Browser) {
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) this.complaints.push(message.text());
    });
    page.on("pageerror", (error) => this.complaints.push(String(error)));
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

  /** Pixels of a canvas that something is drawn on, and a number that changes with the picture. */
  async drawn(selector: string): Promise<{ pixels: number; sum: number }> {
    return await this.page.evaluate(`(() => {
      const canvas = document.querySelector(${JSON.stringify(selector)});
      // On a copy: reading the page's own canvas would change how the browser keeps it, and it says so.
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
