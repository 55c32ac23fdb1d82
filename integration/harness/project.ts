import { join } from "node:path";
import { PROJECT } from "../../local/service_task.ts";

export { PROJECT };

/** Where logs of all parts are kept, a folder a scenario. */
export const ARTEFACTS: string = join(PROJECT, "artefacts");

/** The folder that services may read certificates from. */
export const SSL_FOLDER: string = join(PROJECT, "res", "ssl");
