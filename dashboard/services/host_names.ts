/**
 * Names of hosts by address, from reverse DNS: Docker knows the name of the container.
 *
 * @module
 */
import { reverse } from "node:dns/promises";

/** How long a name, or that there is none, is kept: another container may get the address. */
const KEEP_MS = 60_000;

/** Looks names up in the background, so that a slow DNS server delays no poll. */
export class HostNames {
  readonly #known = new Map<string, { name: string | undefined; until: number }>();

  constructor(private readonly lookup: (address: string) => Promise<readonly string[]> = reverse) {}

  /**
   * The name of the host with an address, such as `routes-consumer-2`; `undefined`: unknown, or not known yet.
   *
   * @param host the name that was resolved to the address; the result contains its first label, such as `consumer`
   */
  nameOf(address: string, host: string, now = Date.now()): string | undefined {
    const known = this.#known.get(address);
    if (!known || known.until < now) {
      this.#known.set(address, { name: known?.name, until: now + KEEP_MS });
      void this.#find(address, now + KEEP_MS);
    }
    const name = known?.name?.split(".")[0];
    const [service = ""] = host.split(".");
    return name !== undefined && name !== host && name.includes(service) ? name : undefined;
  }

  async #find(address: string, until: number): Promise<void> {
    const [name] = await this.lookup(address).catch(() => []);
    this.#known.set(address, { name, until });
  }
}
