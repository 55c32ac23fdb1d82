/**
 * Entry point of the dashboard: a live map of the stored rows and the state of the pipeline. Wiring only.
 *
 * @module
 */
import { runService } from "../shared/service.ts";
import { PROGRAMS } from "../shared/settings/programs.ts";
import { runDashboard } from "./run.ts";

await runService({
  name: "dashboard",
  groups: PROGRAMS.dashboard,
  about:
    "Serves a page with the committed rows on a live map, and the state of producers and consumers. Read-only.",
  run: runDashboard,
});
