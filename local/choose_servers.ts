import {
  isDockerAvailable,
  missingTools,
  type MissingToolsError,
  ServerError,
  type ServerKind,
} from "./servers/mod.ts";
import type { Settings } from "../shared/settings/table.ts";
import { quoted } from "./env_file.ts";
import type { Print } from "./steps.ts";

/** What {@link chooseServers} finds on the machine. Tests replace it. */
export interface Machine {
  /** Returns an error that names the programs that embedded servers lack, if any. */
  missingTools(): Promise<Pick<MissingToolsError, "message" | "missing"> | undefined>;
  isDockerAvailable(): Promise<boolean>;
}

/** The folder of the data, and what servers it belongs to; `undefined`: it is empty. */
export interface Data {
  folder: string;
  servers?: ServerKind | undefined;
  /** Names of the volumes. */
  volumes: string[];
}

const TEXTS = {
  embedded: { flag: "embedded", owner: "embedded servers" },
  container: { flag: "containers", owner: "servers in containers" },
} as const;

/**
 * Chooses between embedded servers and containers: as requested, else as before, else embedded if the needed programs are installed,
 * else containers.
 *
 * @throws {ServerError} if the data belongs to servers of the other kind, or the servers cannot run on this machine
 */
export async function chooseServers(
  requested: Settings["START_SERVERS"],
  data: Data,
  print: Print,
  machine: Machine = { missingTools, isDockerAvailable },
): Promise<ServerKind> {
  const wanted = requested === "auto" ? undefined : requested === "containers" ? "container" : requested;
  if (wanted && data.servers && wanted !== data.servers) {
    throw new ServerError(
      `The data in ${data.folder} belongs to ${TEXTS[data.servers].owner}. Start with --servers ` +
        `${TEXTS[data.servers].flag}, choose another --folder, or delete the data: ${deletion(data)}`,
    );
  }
  const kind = wanted ?? data.servers;
  const owned = data.servers ? ` The data in ${data.folder} belongs to ${TEXTS[data.servers].owner}.` : "";
  if (kind === "container") {
    if (await machine.isDockerAvailable()) return kind;
    throw new ServerError(`No Docker engine responds. Start Docker.${owned}`);
  }
  const missing = await machine.missingTools();
  if (!missing) return "embedded";
  if (kind === "embedded") throw new ServerError(`${missing.message}${owned && `\n${owned.trim()}`}`);
  if (!await machine.isDockerAvailable()) {
    throw new ServerError(
      `${missing.message}\nOr start Docker: Kafka and PostgreSQL then run in containers.`,
    );
  }
  print(
    `No ${missing.missing} found: Kafka and PostgreSQL run in containers (--servers chooses).`,
    "yellow",
  );
  return "container";
}

function deletion({ folder, servers, volumes }: Data): string {
  const remove = `rm -r ${quoted(folder)}`;
  return servers === "container" ? `${remove}; docker volume rm ${volumes.join(" ")}` : remove;
}
