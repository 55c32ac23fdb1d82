/**
 * The version of the programs, from `deno.json`.
 *
 * @module
 */
import { Gauge, type Registry } from "prom-client";
import config from "../../deno.json" with { type: "json" };

/** The output of `--version`. */
export const VERSION_TEXT = `routes ${config.version}`;

/** Whether `--version` is one of the arguments. */
export const isVersionRequested = (args: readonly string[]): boolean => args.includes("--version");

/** Registers `pipeline_build_info`. Its value is always 1; the version is a label. */
export function registerBuildInfo(registry: Registry): void {
  new Gauge({
    name: "pipeline_build_info",
    help: "Always 1; the label has the version of the program",
    labelNames: ["version"],
    registers: [registry],
  }).set({ version: config.version }, 1);
}
