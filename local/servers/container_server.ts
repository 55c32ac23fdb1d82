import { type GenericContainer, getContainerRuntimeClient, type StartedTestContainer } from "testcontainers";
import { LogTail } from "./log_tail.ts";
import { type Server, ServerError } from "./types.ts";
import { waitUntil } from "./wait_until.ts";

/** Docker kills the container after this time. */
const STOP_TIMEOUT_MS = 20_000;

/** Host name or address of the Docker engine. */
export async function engineHost(): Promise<string> {
  const { info } = await getContainerRuntimeClient();
  const { host } = info.containerRuntime;
  return host === "localhost" ? "127.0.0.1" : host;
}

/** A running container and its log. */
export interface StartedContainer {
  container: StartedTestContainer;
  log: LogTail;
}

/**
 * Starts a container and waits until it is ready.
 *
 * @param name for messages
 */
export async function startContainer(name: string, container: GenericContainer): Promise<StartedContainer> {
  const log = new LogTail();
  try {
    return { container: await container.withLogConsumer((stream) => log.follow(stream)).start(), log };
  } catch (error) {
    throw new ServerError(
      `${name} did not start in a container: ${(error as Error).message}. The end of its log:\n${
        log.end(20)
      }`,
      { cause: error },
    );
  }
}

/** A server in a container. Its ports and data survive a stop. */
export class ContainerServer implements Server {
  readonly kind = "container";
  protected readonly container: StartedTestContainer;
  readonly #log: LogTail;
  #running = true;

  constructor({ container, log }: StartedContainer) {
    this.container = container;
    this.#log = log;
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
    await this.container.stop();
    this.#running = false;
  }

  async #engine() {
    const client = await getContainerRuntimeClient();
    return { client, container: client.container.getById(this.container.getId()) };
  }
}
