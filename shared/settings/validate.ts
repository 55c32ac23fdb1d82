/**
 * Rules that span several settings.
 *
 * @module
 */
import { sentences } from "../errors.ts";
import { AIVEN_DATABASE, unexpectedDatabase, unverifiedServer } from "../diagnosis/postgres_settings.ts";
import { parseBootstrapServers } from "../kafka/address.ts";
import type { Group } from "./setting.ts";
import type { Draft } from "./draft.ts";
import { type SettingName, SETTINGS } from "./table.ts";
import { boolean } from "./types.ts";

const SASL = ["KAFKA_SASL_PLAIN_USERNAME", "KAFKA_SASL_PLAIN_PASSWORD", "KAFKA_SASL_MECHANISM"] as const;
const KAFKA_FILES = ["KAFKA_SSL_CAFILE", "KAFKA_SSL_CERTFILE", "KAFKA_SSL_KEYFILE"] as const;

/** Sets defaults that depend on other settings. Must be called before the texts are parsed. */
export function deriveSettings(draft: Draft, groups: readonly Group[]): void {
  if (groups.includes("kafka")) deriveSecurityProtocol(draft);
  if (groups.includes("postgresql") && draft.texts.PGSSLROOTCERT === "system" && !draft.isSet("PGSSLMODE")) {
    // https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNECT-SSLROOTCERT
    draft.texts.PGSSLMODE = "verify-full";
    draft.origins.PGSSLMODE = draft.origins.PGSSLROOTCERT;
  }
}

/**
 * Derives the protocol from other settings if it is not set: the `host_settings.ini` of the Python original has certificates but no
 * `security_protocol`. This also prevents sending credentials in plain text, or ignoring certificates, by default.
 */
function deriveSecurityProtocol(draft: Draft): void {
  const { texts, origins } = draft;
  if (draft.isSet("KAFKA_SECURITY_PROTOCOL")) return;
  const sasl = SASL.find((name) => draft.isSet(name));
  const file = KAFKA_FILES.find((name) => draft.isSet(name));
  const protocols = prefixesOf(draft);
  const derived: readonly [protocol: string, because: SettingName] | undefined = sasl
    ? ["SASL_SSL", sasl]
    : file
    ? ["SSL", file]
    : protocols.length === 1
    ? [protocols[0]!, "KAFKA_BOOTSTRAP_SERVERS"]
    : undefined;
  if (derived === undefined) return;
  const [protocol, because] = derived;
  texts.KAFKA_SECURITY_PROTOCOL = protocol;
  origins.KAFKA_SECURITY_PROTOCOL = because;
  draft.warnings.push(
    `KAFKA_SECURITY_PROTOCOL is not set; using ${protocol} because of ${draft.named(because)}. ` +
      "Set it to remove this warning.",
  );
}

/** Security protocols in the prefixes of the bootstrap servers. */
function prefixesOf({ texts }: Draft): readonly string[] {
  const servers = parseBootstrapServers(texts.KAFKA_BOOTSTRAP_SERVERS);
  return typeof servers === "string" ? [] : servers.protocols;
}

/** Adds problems and warnings for combinations of settings. */
export function validateSettings(draft: Draft, groups: readonly Group[]): void {
  if (groups.includes("kafka")) validateKafka(draft);
  if (groups.includes("postgresql")) validatePostgres(draft);
  if (groups.includes("rejects")) validateRejects(draft);
}

function validateKafka(draft: Draft): void {
  const protocol = draft.texts.KAFKA_SECURITY_PROTOCOL.toUpperCase();
  const used = `KAFKA_SECURITY_PROTOCOL=${protocol} (${draft.origins.KAFKA_SECURITY_PROTOCOL})`;
  const other = prefixesOf(draft).find((prefix) => prefix !== protocol);
  if (other !== undefined) {
    draft.problems.push({
      cause: `${
        draft.named("KAFKA_BOOTSTRAP_SERVERS")
      } has the prefix ${other}://, which contradicts ${used}`,
      remedy: `Set KAFKA_SECURITY_PROTOCOL=${other} or remove the prefix.`,
    });
  }
  if (protocol.endsWith("SSL")) requirePair(draft, "KAFKA_SSL_CERTFILE", "KAFKA_SSL_KEYFILE");
  else warnUnused(draft, KAFKA_FILES, used);
  if (!protocol.startsWith("SASL")) {
    warnUnused(draft, SASL, used);
    return;
  }
  for (const name of ["KAFKA_SASL_PLAIN_USERNAME", "KAFKA_SASL_PLAIN_PASSWORD"] as const) {
    if (draft.texts[name] !== "") continue;
    const file = name === "KAFKA_SASL_PLAIN_PASSWORD" ? ` or ${name}_FILE` : "";
    draft.problems.push({
      cause: `${name} is not set, but ${used} requires user and password`,
      remedy: `Set ${name}${file}.`,
    });
  }
}

function validatePostgres(draft: Draft): void {
  const mode = draft.texts.PGSSLMODE.toLowerCase();
  const used = `PGSSLMODE=${mode} (${draft.origins.PGSSLMODE})`;
  const root = draft.texts.PGSSLROOTCERT;
  const database = draft.texts.PGDATABASE;
  if (database === AIVEN_DATABASE) {
    const isFromUri = draft.origins.PGDATABASE === "DATABASE_URL";
    draft.warnings.push(
      `PGDATABASE: ${sentences(unexpectedDatabase(database, SETTINGS.PGDATABASE.default, isFromUri))}`,
    );
  }
  if (mode === "require" && root === "") {
    const named = draft.origins.PGSSLMODE === "DATABASE_URL" ? "PGSSLMODE (in DATABASE_URL)" : "PGSSLMODE";
    draft.warnings.push(sentences(unverifiedServer(mode, named)));
  }
  if (mode === "disable") {
    if (root !== "system") warnUnused(draft, ["PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY"], used);
  } else {
    requirePair(draft, "PGSSLCERT", "PGSSLKEY");
  }
  if (root === "system" && mode !== "verify-full") {
    draft.problems.push({
      cause: `PGSSLROOTCERT=system requires PGSSLMODE=verify-full, but ${used} is weaker`,
      remedy: "Remove PGSSLMODE or set it to verify-full.",
    });
  } else if (mode.startsWith("verify") && root === "") {
    // libpq then reads ~/.postgresql/root.crt, and fails if it is missing.
    draft.problems.push({
      cause: `PGSSLROOTCERT is not set, but ${used} requires it`,
      remedy:
        "Set it to the CA certificate of the server (Aiven: ca.pem), or to system (with verify-full) for a public CA.",
    });
  } else if (mode === "allow" || mode === "prefer") {
    warnUnused(draft, ["PGSSLROOTCERT"], used, " Set PGSSLMODE=verify-full.");
  }
}

function validateRejects(draft: Draft): void {
  const isOn = (name: SettingName) => boolean.safeParse(draft.texts[name]).data === true;
  const isLimited = draft.isSet("REJECTS_OLDER_THAN");
  if (isOn("REJECTS_DELETE") && !isLimited) {
    draft.problems.push({
      cause: `REJECTS_OLDER_THAN is not set, but ${draft.named("REJECTS_DELETE")} requires it`,
      remedy: "Set --older-than=30d, for example; 0s deletes all rejected records.",
    });
  }
  for (const name of ["REJECTS_DELETE", "REJECTS_OLDER_THAN"] as const) {
    if (!isOn("REJECTS_REPLAY") || !(name === "REJECTS_DELETE" ? isOn(name) : isLimited)) continue;
    draft.problems.push({
      cause: `${draft.named(name)} cannot be combined with ${draft.named("REJECTS_REPLAY")}`,
      remedy: "Remove one of them.",
    });
  }
}

function requirePair(draft: Draft, certificate: SettingName, key: SettingName): void {
  const { texts } = draft;
  if ((texts[certificate] === "") === (texts[key] === "")) return;
  const [present, missing] = texts[key] === "" ? [certificate, key] : [key, certificate];
  draft.problems.push({
    cause: `${missing} is not set, but ${draft.named(present)} is`,
    remedy: "Set both the client certificate and its private key, or neither.",
  });
}

function warnUnused(draft: Draft, names: readonly SettingName[], used: string, remedy = ""): void {
  for (const name of names) {
    if (draft.isSet(name)) draft.warnings.push(`${draft.named(name)} has no effect with ${used}.${remedy}`);
  }
}
