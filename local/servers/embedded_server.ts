import type { DataFolder } from "./data_folder.ts";
import { isPortFree } from "./free_port.ts";
import { lastLinesOf, type ServerProcess } from "./server_process.ts";
import { type Server, ServerError, type ServerOptions } from "./types.ts";

/** A server as a process of this machine. */
export abstract class EmbeddedServer<Options extends ServerOptions> implements Server {
  readonly kind = "embedded";
  protected process: ServerProcess | undefined;

  constructor(protected readonly folder: DataFolder, protected readonly options: Options) {}

  abstract start(): Promise<void>;
  abstract stop(): Promise<void>;
  abstract kill(): Promise<void>;
  abstract [Symbol.asyncDispose](): Promise<void>;

  running(): Promise<boolean> {
    return Promise.resolve(this.process?.running ?? false);
  }

  logs(): string {
    return lastLinesOf(this.folder.logFile, 200);
  }
}

/**
 * Starts a server, and disposes of it if that fails.
 *
 * @param name for messages
 * @param create is called if the port is free
 * @throws {ServerError} if the port is in use or the server does not start
 */
export async function startEmbedded<S extends Server>(
  name: string,
  { port }: ServerOptions,
  create: () => Promise<S>,
): Promise<S> {
  if (port !== undefined && !isPortFree(port)) {
    throw new ServerError(`${name} cannot listen on port ${port}: the port is in use.`);
  }
  const server = await create();
  try {
    await server.start();
    return server;
  } catch (error) {
    await server[Symbol.asyncDispose]();
    throw error;
  }
}
