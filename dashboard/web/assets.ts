/**
 * The files of the page, as built by `deno task dashboard:page`. All are read at startup.
 *
 * @module
 */
import { PermanentError } from "../../shared/errors.ts";

/** Relative to the project. */
export const PAGE_FOLDER = "dashboard/dist";

const TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  svg: "image/svg+xml",
  woff2: "font/woff2",
};

export interface Asset {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly etag: string;
}

/**
 * Reads the files, by URL path.
 *
 * @throws {PermanentError} if the page was not built
 */
export async function loadAssets(folder = PAGE_FOLDER): Promise<Map<string, Asset>> {
  const assets = new Map<string, Asset>();
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      const type = TYPES[name.split(".").at(-1)!];
      if (!isFile || type === undefined) continue;
      const bytes = await Deno.readFile(`${folder}/${name}`);
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      const asset = { bytes, type, etag: `"${digest.toHex().slice(0, 16)}"` };
      assets.set(name === "index.html" ? "/" : `/${name}`, asset);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  if (!assets.has("/") || !assets.has("/app.js")) {
    throw new PermanentError({
      code: "PAGE_NOT_BUILT",
      cause: `${folder} does not contain the page`,
      remedy: "Build it: `deno task dashboard:page`.",
    });
  }
  return assets;
}
