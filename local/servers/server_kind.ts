import type { ServerKind } from "./types.ts";

/**
 * Whether to start servers as processes or in containers. What the caller asks for wins over the environment variable
 * `INTEGRATION_SERVERS` (`containers`, `embedded` or `auto`), and that over `auto`: containers where a Docker engine
 * answers, else embedded.
 *
 * @throws When `INTEGRATION_SERVERS` holds anything else.
 */
export async function resolveServerKind(asked?: ServerKind | "auto"): Promise<ServerKind> {
  const wanted = asked ?? parseServerKind(Deno.env.get("INTEGRATION_SERVERS"));
  if (wanted !== "auto") return wanted;
  return await isDockerAvailable() ? "container" : "embedded";
}

/** What the value of `INTEGRATION_SERVERS` asks for. */
export function parseServerKind(value: string | undefined): ServerKind | "auto" {
  switch (value) {
    case "containers":
      return "container";
    case "embedded":
      return "embedded";
    case undefined:
    case "":
    case "auto":
      return "auto";
    default:
      throw new Error(
        `INTEGRATION_SERVERS is "${value}", but must be "containers", "embedded" or "auto"`,
      );
  }
}

/** Whether a Docker engine responds, at the address that Testcontainers uses (`DOCKER_HOST`, its socket, …). */
export async function isDockerAvailable(): Promise<boolean> {
  try {
    // Loading it takes half a second.
    const { getContainerRuntimeClient } = await import("testcontainers");
    await getContainerRuntimeClient();
    return true;
  } catch {
    return false;
  }
}
