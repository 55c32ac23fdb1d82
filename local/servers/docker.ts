/** Whether a Docker engine answers; looked for where Testcontainers looks (`DOCKER_HOST`, its socket, …). */
export async function isDockerAvailable(): Promise<boolean> {
  try {
    // Half a second to load, so only where it is asked for.
    const { getContainerRuntimeClient } = await import("testcontainers");
    await getContainerRuntimeClient();
    return true;
  } catch {
    return false;
  }
}
