import { z } from "zod";
import { exists } from "./servers/data_folder.ts";
import { ServerError } from "./servers/mod.ts";

const port = z.int().min(1).max(65_535).optional();

const STATE = z.object({
  /** What the data belongs to. */
  servers: z.enum(["embedded", "container"]).optional(),
  /** Part of the names of containers and volumes. */
  id: z.string().regex(/^[a-z0-9]+$/),
  /** Of the last start. */
  ports: z.object({ kafka: port, postgres: port, dashboard: port }),
});

/** What a data folder remembers of its last start. */
export type StartState = z.output<typeof STATE>;

/**
 * Reads the state of a data folder. A folder of an earlier version has data of embedded servers, but no state.
 *
 * @throws {ServerError} if the file is invalid
 */
export function readState(dataFolder: string): StartState {
  const path = pathIn(dataFolder);
  if (!exists(path)) {
    return {
      ...exists(`${dataFolder}/postgres`) && { servers: "embedded" },
      id: crypto.randomUUID().slice(0, 8),
      ports: {},
    };
  }
  try {
    return STATE.parse(JSON.parse(Deno.readTextFileSync(path)));
  } catch (error) {
    throw new ServerError(
      `${path} is invalid. Delete ${dataFolder} to start with no data. (${(error as Error).message})`,
    );
  }
}

/** The names of the containers, and of the volumes of their data. */
export const namesOf = ({ id }: StartState): Record<"kafka" | "postgres", string> => ({
  kafka: `routes-start-${id}-kafka`,
  postgres: `routes-start-${id}-postgres`,
});

/** Replaces the state of a data folder. */
export function writeState(dataFolder: string, state: StartState): void {
  const path = pathIn(dataFolder);
  Deno.writeTextFileSync(`${path}.new`, `${JSON.stringify(state, undefined, 2)}\n`);
  Deno.renameSync(`${path}.new`, path);
}

const pathIn = (dataFolder: string): string => `${dataFolder}/start.json`;
