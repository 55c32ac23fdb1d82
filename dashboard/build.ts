/**
 * `deno task dashboard:page`: bundles the page and writes its files to `dashboard/dist`. Arguments are passed to `deno bundle`.
 *
 * @module
 */
// `deno cache` installs these packages; the page uses only their files.
import "@fontsource-variable/inter/package.json" with { type: "json" };
import "world-atlas/land-110m.json" with { type: "json" };
import { PAGE_FOLDER } from "./web/assets.ts";

const PROJECT = `${import.meta.dirname}/..`;
const PAGE = `${PROJECT}/dashboard/page`;

const packageFile = (path: string) => new URL(import.meta.resolve(path));

/** Files that are copied unchanged. */
const FILES: readonly (readonly [name: string, source: string | URL])[] = [
  ["index.html", `${PAGE}/index.html`],
  ["dark.css", `${PAGE}/dark.css`],
  ["icon.svg", `${PAGE}/icon.svg`],
  ["inter.woff2", packageFile("@fontsource-variable/inter/files/inter-latin-wght-normal.woff2")],
  ["world-110m.json", packageFile("world-atlas/land-110m.json")],
  ["world-50m.json", packageFile("world-atlas/land-50m.json")],
];

/** Style sheets that are concatenated in this order. */
const STYLES: readonly (string | URL)[] = [
  packageFile("uplot/dist/uPlot.min.css"),
  ...["theme", "layout", "panels", "streams", "map"].map((name) => `${PAGE}/${name}.css`),
];

const folder = `${PROJECT}/${PAGE_FOLDER}`;
await Deno.mkdir(folder, { recursive: true });
for (const [name, source] of FILES) await Deno.copyFile(source, `${folder}/${name}`);
const styles = await Promise.all(STYLES.map((source) => Deno.readTextFile(source)));
await Deno.writeTextFile(`${folder}/style.css`, styles.join("\n"));

const { success } = await new Deno.Command(Deno.execPath(), {
  args: [
    "bundle",
    "--quiet",
    "--platform=browser",
    "--minify",
    // For example --node-modules-dir.
    ...Deno.args,
    `--output=${folder}/app.js`,
    `${PAGE}/main.ts`,
  ],
  cwd: PROJECT,
}).output().then(({ success, stderr }) => {
  if (!success) Deno.stderr.writeSync(stderr);
  return { success };
});
if (!success) Deno.exit(1);
