import type { ServerKind } from "./types.ts";

/**
 * Whether to start servers as processes or in containers: `requested`, else the environment variable `INTEGRATION_SERVERS`
 * (`containers`, `embedded` or `auto`). `auto` is containers if a Docker engine responds, else embedded.
 *
 * @throws {Error} if `INTEGRATION_SERVERS` is invalid
 */
export async function resolveServerKind(requested?: ServerKind | "auto"): Promise<ServerKind> {
  const kind = requested ?? parseServerKind(Deno.env.get("INTEGRATION_SERVERS"));
  if (kind !== "auto") return kind;
  return await isDockerAvailable() ? "container" : "embedded";
}

/** Parses a value of `INTEGRATION_SERVERS`. */
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
