/**
 * The dashboard: a live map of what is stored, and how the pipeline does. Wiring only.
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
    "Serves one page that shows the rows as they are committed and how producers and consumers do. It only reads.",
  run: runDashboard,
});
