/**
 * Checks the `Host` of requests, which prevents DNS rebinding: a page of another site can point a name of that site at this machine and
 * read responses, but its requests carry that name.
 *
 * @module
 */
import { isIP } from "node:net";
import { SettingsError } from "../../shared/settings/error.ts";

/** Names of the dashboard in a Compose network: the service name and those derived from it. */
const COMPOSE_NAME = /^(?:[a-z0-9][a-z0-9_-]*[-_])?dashboard(?:[-_]\d+)?$/;

/** `host[:port]`, the host being a name, an IPv4 address or a bracketed IPv6 address, with a zone if the client sends one. */
const HOST = /^(?:\[(?<v6>[^\]%]+)(?:%[^\]]*)?\]|(?<name>[^:[\]@/?#\s,]+))(?::\d{0,5})?$/;

export class AllowedHosts {
  readonly #names: ReadonlySet<string>;

  /**
   * @param names of `DASHBOARD_ALLOWED_HOSTS`: host names without a port
   * @throws {SettingsError} if one of them is not a host name
   */
  constructor(names: readonly string[] = []) {
    const invalid = names.filter((name) => !/^[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?$/i.test(name));
    if (invalid.length > 0) {
      throw new SettingsError(
        invalid.map((name) => ({
          cause: `DASHBOARD_ALLOWED_HOSTS: "${name}" is not a host name`,
          remedy: "Use comma-separated names without port and wildcard.",
        })),
      );
    }
    this.#names = new Set(["localhost", ...names.map(normalized)]);
  }

  /**
   * Checks the `Host` header and the URL, which differ if the request line contains an absolute URL (RFC 9112, section 3.2.2). Deno
   * itself rejects requests with more than one `Host`.
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

/** Lower case, without the trailing dot of a fully qualified name. */
const normalized = (name: string): string => name.toLowerCase().replace(/\.$/, "");
