/**
 * Which `Host` a request may have. A page of another site can make a browser send requests here under a name of that site, whose DNS
 * record it points at this machine (DNS rebinding): the browser then lets that page read the answers. The `Host` header gives the name away.
 *
 * @module
 */
import { isIP } from "node:net";
import { SettingsError } from "../../shared/settings/error.ts";

/** Names of the dashboard's container in a Compose network: the service's, and those that Compose derives from it. */
const COMPOSE_NAME = /^(?:[a-z0-9][a-z0-9_-]*[-_])?dashboard(?:[-_]\d+)?$/;

/** `host[:port]`, the host being a name, an IPv4 address or a bracketed IPv6 address, with a zone if the client sends one. */
const HOST = /^(?:\[(?<v6>[^\]%]+)(?:%[^\]]*)?\]|(?<name>[^:[\]@/?#\s,]+))(?::\d{0,5})?$/;

/** Whether a request may be answered, by its `Host`. */
export class AllowedHosts {
  readonly #names: ReadonlySet<string>;

  /**
   * @param names of `DASHBOARD_ALLOWED_HOSTS`: host names without a port
   * @throws {SettingsError} if one of them is not a host name
   */
  constructor(names: readonly string[] = []) {
    const wrong = names.filter((name) => !/^[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$/i.test(name));
    if (wrong.length > 0) {
      throw new SettingsError(
        wrong.map((name) =>
          `DASHBOARD_ALLOWED_HOSTS has "${name}", which is not a host name. Give names without a port or wildcard, separated by commas.`
        ),
      );
    }
    this.#names = new Set(["localhost", ...names.map(normalized)]);
  }

  /**
   * Both the `Host` header and the URL count: they differ if the request line has a URL of its own (RFC 9112, section 3.2.2). Deno
   * refuses requests with more than one `Host` by itself.
   */
  accepts(request: Pick<Request, "headers" | "url">): boolean {
    const authority = /^https?:\/\/([^/?#]*)/.exec(request.url)?.[1];
    return this.#accepts(request.headers.get("host")) && this.#accepts(authority ?? null);
  }

  #accepts(host: string | null): boolean {
    const { v6, name } = HOST.exec(host ?? "")?.groups ?? {};
    if (v6 !== undefined) return isIP(v6) === 6;
    if (name === undefined) return false;
    const plain = normalized(name);
    return isIP(name) === 4 || this.#names.has(plain) || COMPOSE_NAME.test(plain);
  }
}

/** In lower case, without the dot that a fully qualified name may end with. */
const normalized = (name: string): string => name.toLowerCase().replace(/\.$/, "");
