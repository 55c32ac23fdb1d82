/**
 * Packages that the page is made of; some of them are only files, which no module of it imports.
 *
 * @module
 */
import "@fontsource-variable/inter/package.json" with { type: "json" };
import "d3-geo";
import "topojson-client";
import "uplot";
import "world-atlas/land-110m.json" with { type: "json" };
