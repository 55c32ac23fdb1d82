import { join } from "node:path";

/** The folder that the services are run from, and that images are built from. */
export const PROJECT: string = join(import.meta.dirname!, "..", "..");

/** Where logs of all parts are kept, a folder a scenario. */
export const ARTEFACTS: string = join(PROJECT, "artefacts");

/** The folder that services may read certificates from. */
export const SSL_FOLDER: string = join(PROJECT, "res", "ssl");
