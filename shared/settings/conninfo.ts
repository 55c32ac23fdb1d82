/**
 * Parser of libpq connection strings, which psql and psycopg2 accept, too: a URI, or `keyword=value` pairs.
 *
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING
 * @module
 */

/** An invalid connection string. The message contains parameter names, never a value, because it may be a password. */
export class ConninfoError extends Error {
  override readonly name = "ConninfoError";
}

/** Parameters by keyword, such as `host`. Several hosts and ports are separated by commas. */
export type Conninfo = Map<string, string>;

/**
 * Parses a connection string with the rules of libpq's `PQconninfoParse()`. Unknown keywords are allowed.
 *
 * @throws {ConninfoError} with the position and the correct form
 * @example
 * ```ts
 * import assert from "assert";
 * const expected = new Map([["user", "me"], ["host", "db"], ["port", "5433"], ["dbname", "routes"]]);
 * assert.deepEqual(parseConninfo("postgres://me@db:5433/routes"), expected);
 * assert.deepEqual(parseConninfo("user=me host=db port=5433 dbname=routes"), expected);
 * ```
 */
export function parseConninfo(text: string): Conninfo {
  const [prefix] = /^postgres(?:ql)?:\/\//.exec(text) ?? [];
  if (prefix !== undefined) return parseUri(text.slice(prefix.length));
  if (/^[\s"']+postgres(?:ql)?:\/\//.test(text)) {
    throw new ConninfoError("it must begin with postgres://, without quotes or spaces before it");
  }
  if (/^[a-z][a-z0-9+.-]*:/i.test(text)) {
    throw new ConninfoError("it must begin with postgres:// or postgresql://");
  }
  return parsePairs(text);
}

function parseUri(text: string): Conninfo {
  const found: Conninfo = new Map();
  const store = (keyword: string, encoded: string) => {
    if (encoded !== "") found.set(keyword, decode(encoded, keyword));
  };
  let rest = text;
  const [credentials, user, password] = /^(?=[^/]*@)([^:@]*)(?::([^@]*))?@/.exec(rest) ?? [];
  if (credentials !== undefined) {
    store("user", user!);
    store("password", password ?? "");
    rest = rest.slice(credentials.length);
  }
  const hosts: string[] = [], ports: string[] = [];
  for (let more = true; more;) {
    const host = nextHost(rest);
    rest = rest.slice(host.length);
    hosts.push(host.replace(/^\[(.*)\]$/, "$1"));
    const [, port] = /^:([^/?,]*)/.exec(rest) ?? [];
    ports.push(port ?? "");
    rest = rest.slice(port === undefined ? 0 : port.length + 1);
    more = rest.startsWith(",");
    if (more) rest = rest.slice(1);
  }
  store("host", hosts.join(","));
  store("port", ports.join(","));
  const [, database, parameters] = /^(?:\/([^?]*))?(?:\?(.*))?$/s.exec(rest)!;
  store("dbname", database ?? "");
  for (const [keyword, value] of parseParameters(parameters ?? "")) found.set(keyword, value);
  return found;
}

/** The host at the start of a text, including the brackets of an IPv6 address. */
function nextHost(text: string): string {
  if (!text.startsWith("[")) return /^[^:/?,]*/.exec(text)![0];
  const [host] = /^\[[^\]]*\]/.exec(text) ?? [];
  if (host === undefined) throw new ConninfoError('the "]" of the IPv6 address is missing');
  if (host === "[]") throw new ConninfoError("the IPv6 address is empty");
  if (!/^(?:[:/?,]|$)/.test(text.slice(host.length))) {
    throw new ConninfoError('the "]" of an IPv6 address must be followed by :port, "/" or "?"');
  }
  return host;
}

function parseParameters(text: string): [keyword: string, value: string][] {
  if (text === "") return [];
  // libpq ignores a trailing &.
  return text.replace(/&$/, "").split("&").map((pair) => {
    const [encoded, value, ...more] = pair.split("=");
    const keyword = decode(encoded!, "a parameter's name");
    if (value === undefined) {
      throw new ConninfoError('a parameter after "?" has no "=": write name=value&name=value');
    }
    if (more.length > 0) {
      throw new ConninfoError(`the value of ${shown(keyword)} contains "=": write it as %3D`);
    }
    const decoded = decode(value, shown(keyword));
    // Old spellings that libpq translates.
    if (keyword === "ssl" && decoded === "true") return ["sslmode", "require"];
    if (keyword === "requiressl") return ["sslmode", decoded.startsWith("1") ? "require" : "prefer"];
    return [keyword, decoded];
  });
}

/** A keyword for messages. It is not shown if it may be a part of a password. */
const shown = (keyword: string) => /^[a-z_]{1,40}$/.test(keyword) ? keyword : "a parameter";

function decode(encoded: string, of: string): string {
  const text = encoded.replace(/^ +| +$/g, "");
  if (text.includes(" ")) throw new ConninfoError(`${of} contains a space: write it as %20`);
  if (/%(?![0-9a-f]{2})/i.test(text)) {
    throw new ConninfoError(
      `${of} contains a % that is not followed by two hexadecimal digits: write it as %25`,
    );
  }
  if (text.includes("%00")) throw new ConninfoError(`${of} contains %00, which PostgreSQL does not support`);
  try {
    return decodeURIComponent(text);
  } catch {
    throw new ConninfoError(`${of} is not percent-encoded UTF-8`);
  }
}

const SPACE = "[ \\t\\n\\v\\f\\r]";

function parsePairs(text: string): Conninfo {
  const found: Conninfo = new Map();
  const pair = new RegExp(
    `${SPACE}*([^= \\t\\n\\v\\f\\r]*)${SPACE}*(=?)${SPACE}*(?:'((?:\\\\.|[^\\\\'])*)(\\\\?$|')|((?:\\\\.|[^\\\\ \\t\\n\\v\\f\\r])*))(?:\\\\$)?`,
    "ys",
  );
  while (new RegExp(`[^ \\t\\n\\v\\f\\r]`).test(text.slice(pair.lastIndex))) {
    const [, keyword, equals, quoted, end, bare] = pair.exec(text)!;
    if (equals === "") {
      throw new ConninfoError(
        'it is neither a URI (postgres://user:password@host:port/database) nor "host=… port=… user=…": a "=" is missing',
      );
    }
    if (quoted !== undefined && end !== "'") {
      throw new ConninfoError(`the quoted value of ${shown(keyword!)} has no closing quote`);
    }
    const value = (quoted ?? bare!).replace(/\\(.)/gs, "$1");
    if (keyword === "requiressl") found.set("sslmode", value.startsWith("1") ? "require" : "prefer");
    else found.set(keyword!, value);
  }
  return found;
}
