import { type SettingProblem, SettingsError } from "../shared/settings/error.ts";
import { flagOf } from "../shared/settings/setting.ts";
import { freePort, isPortFree } from "./servers/mod.ts";
import { waitUntil } from "./servers/wait_until.ts";

/** The port of each part that users connect to. */
export type Ports = Record<keyof typeof PARTS, number>;

/** The parts, their settings and the ports of a first start. */
const PARTS = {
  kafka: { title: "Kafka", setting: "START_KAFKA_PORT", first: 9092 },
  postgres: { title: "PostgreSQL", setting: "START_POSTGRES_PORT", first: 5432 },
  dashboard: { title: "the dashboard", setting: "DASHBOARD_PORT", first: 8080 },
} as const;

/** How long a service of a killed run may take to end. */
const RELEASE_TIMEOUT_MS = 2_000;

/** How {@link choosePorts} checks and finds ports. Tests replace it. */
export interface PortFinder {
  isFree(port: number): boolean;
  /** Returns a free port. */
  find(): number;
  /** Waits for a port that an earlier run of this program used, and may still use. */
  released(port: number): Promise<void>;
}

const THIS_MACHINE: PortFinder = {
  isFree: isPortFree,
  find: () => freePort(),
  released: async (port) => {
    await waitUntil(`port ${port}`, () => isPortFree(port), { timeoutMs: RELEASE_TIMEOUT_MS })
      .catch(() => {});
  },
};

/**
 * Chooses the ports: the requested one, else that of the last start, else the usual one. If one of the latter two is in use, the
 * part gets a free port, which is printed.
 *
 * @param requested ports given by a flag or an environment variable
 * @param last ports of the last start
 * @throws {SettingsError} if requested ports are in use
 */
export async function choosePorts(
  requested: Partial<Ports>,
  last: { readonly [part in keyof Ports]?: number | undefined },
  print: (message: string) => void,
  finder: PortFinder = THIS_MACHINE,
): Promise<Ports> {
  const problems: SettingProblem[] = [];
  const isRequested = (part: keyof Ports) => requested[part] !== undefined;
  const taken = new Set<number>();
  const chosen = async (part: keyof Ports): Promise<number> => {
    const { title, setting, first } = PARTS[part];
    const port = requested[part] ?? last[part] ?? first;
    if (port === last[part]) await finder.released(port);
    if (finder.isFree(port) && !taken.has(port)) return port;
    if (isRequested(part)) {
      problems.push({
        cause: `${setting} is ${port}, but this port is in use`,
        remedy: "Choose another one, or stop the program that uses it.",
      });
      return port;
    }
    let other = finder.find();
    while (taken.has(other)) other = finder.find();
    print(
      `Port ${port} is in use: ${title} gets port ${other}, also at later starts. ` +
        `--${flagOf(setting)} chooses another one.`,
    );
    return other;
  };
  const ports: Partial<Ports> = {};
  const parts = Object.keys(PARTS) as (keyof Ports)[];
  // Requested ports first, so that no other part takes them.
  for (const part of [...parts.filter(isRequested), ...parts.filter((part) => !isRequested(part))]) {
    taken.add(ports[part] = await chosen(part));
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return ports as Ports;
}
