/**
 * `deno task dashboard:page`: bundles the page's program and lays its files side by side in `dashboard/dist`.
 *
 * @module
 */
import { PAGE_FOLDER } from "./web/assets.ts";

const PROJECT = `${import.meta.dirname}/..`;
const PAGE = `${PROJECT}/dashboard/page`;

/** Where a file of a package lies. */
const inPackage = (path: string) => new URL(import.meta.resolve(path));

/** Files that are served as they are: the name in the URL, and where they come from. */
const FILES: readonly (readonly [name: string, source: string | URL])[] = [
  ["index.html", `${PAGE}/index.html`],
  ["icon.svg", `${PAGE}/icon.svg`],
  ["inter.woff2", inPackage("@fontsource-variable/inter/files/inter-latin-wght-normal.woff2")],
  ["world-110m.json", inPackage("world-atlas/land-110m.json")],
  ["world-50m.json", inPackage("world-atlas/land-50m.json")],
];

/** Style sheets, in this order in one file. */
const STYLES: readonly (string | URL)[] = [
  inPackage("uplot/dist/uPlot.min.css"),
  ...["theme", "layout", "parts"].map((name) => `${PAGE}/${name}.css`),
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
    // Such as where packages lie.
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
