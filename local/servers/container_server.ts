import {
  type GenericContainer,
  getContainerRuntimeClient,
  ImageName,
  type StartedTestContainer,
} from "testcontainers";
import { aborted } from "../../shared/lifecycle.ts";
import { LogTail } from "./log_tail.ts";
import { type Server, ServerError, type ServerOptions } from "./types.ts";
import { waitUntil } from "./wait_until.ts";

/** Docker kills the container after this time. */
const STOP_TIMEOUT_MS = 20_000;

const LOOPBACK = "127.0.0.1";

/** Host name or address of the Docker engine. */
export async function engineHost(): Promise<string> {
  const { info } = await getContainerRuntimeClient();
  const { host } = info.containerRuntime;
  return host === "localhost" ? LOOPBACK : host;
}

/** A running container and its log. */
export interface StartedContainer {
  container: StartedTestContainer;
  log: LogTail;
  /** Whether its data is kept. */
  keepsData: boolean;
}

/**
 * Names a container, keeps its data in a volume of the same name, and publishes its ports for this machine only: by default, Docker
 * publishes them for all networks.
 *
 * @param path of the data in the container, as in the image, so that the volume gets its owner
 */
export async function keepData(container: GenericContainer, name: string, path: string): Promise<void> {
  container.withName(name).withBindMounts([{ source: name, target: path }]);
  if (await engineHost() !== LOOPBACK) return;
  // Testcontainers has no option for the address.
  const { hostConfig } = container as unknown as {
    hostConfig: { PortBindings: Record<string, { HostIp?: string }[]> };
  };
  const bindings = Object.values(hostConfig.PortBindings).flat();
  for (const binding of bindings) binding.HostIp = LOOPBACK;
}

/** Removes the containers of a program that was killed. Their volumes remain. */
export async function removeContainers(names: string[]): Promise<void> {
  const client = await getContainerRuntimeClient();
  await Promise.all(names.map(async (name) => {
    try {
      await client.container.getById(name).remove({ force: true });
    } catch (error) {
      if ((error as { statusCode?: number }).statusCode !== 404) throw error;
    }
  }));
}

/** Downloads an image unless the engine has it. @throws the reason of the signal if it is aborted */
async function downloadImage(
  image: string,
  { onProgress, signal }: Pick<ServerOptions, "onProgress" | "signal">,
): Promise<void> {
  const client = await getContainerRuntimeClient();
  const name = ImageName.fromString(image);
  if (await client.image.exists(name)) return;
  onProgress?.(`downloading the image ${image}`);
  // The engine cancels a download whose client exits.
  await Promise.race([client.image.pull(name), ...signal ? [aborted(signal)] : []]);
  signal?.throwIfAborted();
}

/**
 * Starts a container and waits until it is ready.
 *
 * @param name for messages
 * @param image of the container
 * @param path of the data in the container
 */
export async function startContainer(
  name: string,
  container: GenericContainer,
  image: string,
  path: string,
  options: ServerOptions,
): Promise<StartedContainer> {
  const { keepAs, signal } = options;
  const log = new LogTail();
  try {
    if (keepAs !== undefined) await keepData(container, keepAs, path);
    await downloadImage(image, options);
    options.onProgress?.(`starting ${name} in a container`);
    const started = await container.withLogConsumer((stream) => log.follow(stream)).start();
    return { container: started, log, keepsData: keepAs !== undefined };
  } catch (error) {
    signal?.throwIfAborted();
    const logged = log.end(20);
    throw new ServerError(
      `${name} did not start in a container: ${(error as Error).message}.` +
        (logged && ` The end of its log:\n${logged}`),
      { cause: error },
    );
  }
}

/** A server in a container. Its ports and data survive a stop. */
export class ContainerServer implements Server {
  readonly kind = "container";
  protected readonly container: StartedTestContainer;
  readonly #log: LogTail;
  readonly #keepsData: boolean;
  #running = true;

  constructor({ container, log, keepsData }: StartedContainer) {
    this.container = container;
    this.#log = log;
    this.#keepsData = keepsData;
  }

  async stop(): Promise<void> {
    if (!this.#running) return;
    const { client, container } = await this.#engine();
    await client.container.stop(container, { timeout: STOP_TIMEOUT_MS });
    this.#running = false;
  }

  async kill(): Promise<void> {
    if (!this.#running) return;
    const { container } = await this.#engine();
    await container.kill();
    await waitUntil("the container to end", async () => !(await container.inspect()).State.Running, {
      timeoutMs: STOP_TIMEOUT_MS,
    });
    this.#running = false;
  }

  async start(): Promise<void> {
    if (this.#running) return;
    const since = Math.floor(Date.now() / 1000);
    await this.container.restart();
    this.#running = true;
    this.#log.follow(await this.container.logs({ since }));
  }

  async running(): Promise<boolean> {
    const { container } = await this.#engine();
    return (await container.inspect()).State.Running;
  }

  logs(): string {
    return this.#log.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // Data that is removed needs no clean shutdown.
    await this.container.stop({ timeout: this.#keepsData ? STOP_TIMEOUT_MS : 0 });
    this.#running = false;
  }

  async #engine() {
    const client = await getContainerRuntimeClient();
    return { client, container: client.container.getById(this.container.getId()) };
  }
}
