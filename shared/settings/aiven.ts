/**
 * Environment variables in which Aiven's runtime and its Kubernetes operator provide the connections to Kafka and PostgreSQL.
 *
 * @see https://aiven.github.io/aiven-operator/resources/kafka.html
 * @see https://aiven.github.io/aiven-operator/resources/postgresql.html
 * @module
 */
import { parseBootstrapServers, textOf } from "../kafka/address.ts";
import type { Draft } from "./draft.ts";
import type { SettingProblem } from "./error.ts";
import { type PemVariable, referenceTo, withLineBreaks } from "./pem_variables.ts";
import type { Group } from "./setting.ts";
import { type SettingName, SETTINGS } from "./table.ts";

/** The variables that programs with a setting group read. The connection to PostgreSQL may refer to the CA of Kafka's project. */
export const AIVEN_VARIABLES: { readonly [G in Group]?: readonly string[] } = {
  kafka: [
    "KAFKA_HOST",
    "KAFKA_PORT",
    "KAFKA_SASL_HOST",
    "KAFKA_SASL_PORT",
    "KAFKA_USERNAME",
    "KAFKA_PASSWORD",
    "KAFKA_CA_CERT",
    "KAFKA_ACCESS_CERT",
    "KAFKA_ACCESS_KEY",
  ],
  postgresql: ["DATABASE_URI", "POSTGRESQL_CA_CERT", "KAFKA_CA_CERT"],
};

interface Sources {
  readonly env: (name: string) => string | undefined;
  readonly readFile: (path: string) => string;
}

/**
 * Sets the settings that Aiven's variables contain. They have the precedence of the environment: flags override them. A setting of the
 * environment with a different value is a problem.
 */
export function applyAivenVariables(draft: Draft, sources: Sources, groups: readonly Group[]): void {
  const values = new AivenValues(draft, sources);
  if (groups.includes("postgresql")) {
    values.adopt("DATABASE_URL", "DATABASE_URI");
    values.adoptPem("PGSSLROOTCERT", "POSTGRESQL_CA_CERT");
  }
  if (groups.includes("kafka")) adoptKafka(values, draft);
}

function adoptKafka(values: AivenValues, draft: Draft): void {
  const hasCertificate = values.has("KAFKA_ACCESS_CERT") && values.has("KAFKA_ACCESS_KEY");
  const hasUser = values.has("KAFKA_USERNAME") && values.has("KAFKA_PASSWORD");
  const usesSasl = draft.isSet("KAFKA_SECURITY_PROTOCOL")
    ? /^SASL/i.test(draft.texts.KAFKA_SECURITY_PROTOCOL)
    : draft.isSet("KAFKA_SASL_PLAIN_USERNAME") || (!hasCertificate && hasUser);
  values.adoptPem("KAFKA_SSL_CAFILE", "KAFKA_CA_CERT");
  if (usesSasl) {
    values.adopt("KAFKA_SASL_PLAIN_USERNAME", "KAFKA_USERNAME");
    values.adopt("KAFKA_SASL_PLAIN_PASSWORD", "KAFKA_PASSWORD");
  } else {
    values.adoptPem("KAFKA_SSL_CERTFILE", "KAFKA_ACCESS_CERT");
    values.adoptPem("KAFKA_SSL_KEYFILE", "KAFKA_ACCESS_KEY");
  }
  if (!draft.isSet("KAFKA_SECURITY_PROTOCOL")) {
    if (!usesSasl && hasCertificate) values.set("KAFKA_SECURITY_PROTOCOL", "SSL", "KAFKA_ACCESS_CERT");
    else if (usesSasl && hasUser) values.set("KAFKA_SECURITY_PROTOCOL", "SASL_SSL", "KAFKA_USERNAME");
  }
  if (usesSasl) values.adoptAddress("KAFKA_SASL_HOST", "KAFKA_SASL_PORT");
  else values.adoptAddress("KAFKA_HOST", "KAFKA_PORT");
}

class AivenValues {
  constructor(private readonly draft: Draft, private readonly sources: Sources) {}

  has = (variable: string): boolean => !!this.sources.env(variable);

  set(name: SettingName, text: string, origin: string): void {
    this.draft.texts[name] = text;
    this.draft.origins[name] = origin;
  }

  /** Sets a setting to the value of a variable. */
  adopt(name: SettingName, variable: string): void {
    const value = this.sources.env(variable);
    if (value) this.#adopt(name, value, variable, this.draft.texts[name] === value, value);
  }

  /** Sets a path to a reference to the variable, so that no setting contains the content. */
  adoptPem(name: SettingName, variable: PemVariable): void {
    const content = this.sources.env(variable);
    if (!content) return;
    const path = this.draft.texts[name];
    const reference = referenceTo(variable);
    const isEqual = () => path === reference || this.#read(path)?.trim() === withLineBreaks(content).trim();
    this.#adopt(name, reference, variable, path !== "" && isEqual());
  }

  /** Sets the bootstrap server to a host and a port. */
  adoptAddress(hostVariable: string, portVariable: string): void {
    const host = this.sources.env(hostVariable), port = this.sources.env(portVariable);
    // Kubernetes sets KAFKA_PORT to a URL in pods of a namespace that has a service with the name "kafka".
    const isLink = port !== undefined && /^[a-z]+:\/\//.test(port);
    if (!host) return;
    if (!port || isLink) {
      if (this.draft.precedenceOf("KAFKA_BOOTSTRAP_SERVERS") < 2) {
        this.draft.problems.push({
          cause: `${hostVariable} is set, but ${portVariable} is ${
            isLink ? `${port}, which comes from Kubernetes` : "not"
          }`,
          remedy: isLink
            ? `Set enableServiceLinks: false in the pod, and ${portVariable} to the port of Kafka.`
            : `Set ${portVariable}.`,
        });
      }
      return;
    }
    const value = textOf({ host: host.replace(/^\[(.*)\]$/, "$1"), port: Number(port) });
    const servers = parseBootstrapServers(this.draft.texts.KAFKA_BOOTSTRAP_SERVERS);
    const isEqual = typeof servers === "object" && servers.addresses.map(textOf).join() === value;
    const variables = `${hostVariable} and ${portVariable}`;
    this.#adopt("KAFKA_BOOTSTRAP_SERVERS", `${host}:${port}`, variables, isEqual, value);
  }

  #adopt(name: SettingName, text: string, origin: string, isEqual: boolean, shown?: string): void {
    const precedence = this.draft.precedenceOf(name);
    if (precedence < 2) this.set(name, text, origin);
    else if (precedence === 2 && !isEqual) {
      this.draft.problems.push(contradiction(this.draft, name, origin, shown));
    }
  }

  #read(path: string): string | undefined {
    try {
      return this.sources.readFile(path);
    } catch {
      return undefined;
    }
  }
}

/**
 * The problem of a setting that has another value than a variable of Aiven.
 *
 * @param value of the variable; not shown if the setting is a secret
 */
export function contradiction(
  draft: Draft,
  name: SettingName,
  variable: string,
  value?: string,
): SettingProblem {
  const isHidden = value === undefined || "secret" in SETTINGS[name];
  return {
    cause: isHidden
      ? `${draft.named(name)} and ${variable} have different values`
      : `${name}=${draft.texts[name]} (${draft.origins[name]}) contradicts ${variable}=${value}`,
    remedy: "Set only one of them; an empty value counts as not set.",
  };
}
