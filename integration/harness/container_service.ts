/**
 * Runs services in containers of their Dockerfiles.
 *
 * @module
 */
import {
  GenericContainer,
  getContainerRuntimeClient,
  getReaper,
  LABEL_TESTCONTAINERS_SESSION_ID,
  type StartedNetwork,
} from "testcontainers";
import { freePort } from "../../local/servers/mod.ts";
import { uniqueName } from "./random.ts";
import { PROJECT } from "./project.ts";
import { inheritedEnvironment, type Launch, type ServiceSettings, toEnvironment } from "./service.ts";

/** Services with a Dockerfile that scenarios run. */
export type Image = "producer" | "consumer";

/** Port of the service in its container. */
const HTTP_PORT = 9464;

const images = new Map<Image, Promise<string>>();

/** Builds a service's image, once, and returns its name. Ryuk removes it. */
function image(service: Image): Promise<string> {
  let built = images.get(service);
  if (!built) {
    const name = uniqueName(`integration-${service}`);
    built = GenericContainer.fromDockerfile(PROJECT, `${service}/Dockerfile`).build(name).then(() => name);
    images.set(service, built);
  }
  return built;
}

/**
 * Runs a service in a container with the restrictions and memory limit of `compose.yaml`. `docker run` stays in the foreground: its
 * output and exit code are the container's.
 */
export async function containerLaunch(
  service: Image,
  args: string[],
  settings: ServiceSettings,
  network: StartedNetwork,
): Promise<Launch> {
  const port = freePort();
  const name = uniqueName(`integration-${service}`);
  const env = toEnvironment({ HTTP_HOST: "0.0.0.0", HTTP_PORT, ...settings });
  const reaper = await getReaper(await getContainerRuntimeClient());
  return {
    command: "docker",
    args: [
      ...["run", "--rm", "--name", name, "--network", network.getName()],
      ...["--label", "org.testcontainers=true"],
      ...["--label", `${LABEL_TESTCONTAINERS_SESSION_ID}=${reaper.sessionId}`],
      ...["--publish", `127.0.0.1:${port}:${HTTP_PORT}`],
      // The check starts a Deno process every few seconds; it is tested with the compose stack.
      "--no-healthcheck",
      ...["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"],
      ...["--memory", "512m"],
      // By name only, so that secrets are not on the command line.
      ...Object.keys(env).flatMap((variable) => ["--env", variable]),
      await image(service),
      ...args,
    ],
    env: { ...inheritedEnvironment(), ...env },
    cwd: PROJECT,
    http: `http://127.0.0.1:${port}`,
    signal: async (_child, signal) => {
      // A signal would reach only process 1.
      if (signal === "SIGSTOP") await docker("pause", name);
      else if (signal === "SIGCONT") await docker("unpause", name);
      else await docker("kill", "--signal", signal, name);
    },
    openFiles: async () =>
      Number(await docker("exec", name, "sh", "-c", "ls -d /proc/[0-9]*/fd/* 2> /dev/null | wc -l")),
    kill: async () => {
      await docker("rm", "--force", name);
    },
  };
}

async function docker(...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("docker", {
    args,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  })
    .output();
  if (!success) throw new Error(`docker ${args.join(" ")} failed: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}
