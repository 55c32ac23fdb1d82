/**
 * Options of kafka-python's KafkaConsumer and KafkaProducer that are not settings. The section `[kafka]` of `host_settings.ini` can have them.
 *
 * @see https://kafka-python.readthedocs.io/en/master/apidoc/KafkaConsumer.html
 * @see https://kafka-python.readthedocs.io/en/master/apidoc/KafkaProducer.html
 * @module
 */
import type { Unsupported } from "./error.ts";

/** An option that would change the behavior of the services. */
interface UnsupportedOption extends Unsupported {
  /** Values that agree with the behavior of the services. */
  readonly accepts?: RegExp;
}

const KERBEROS = {
  reason: "The services support PLAIN and SCRAM",
  remedy: "Remove it and set sasl_mechanism.",
};

const UNSUPPORTED: Readonly<Record<string, UnsupportedOption>> = {
  acks: {
    accepts: /^(all|-1)$/i,
    reason: "The producer waits for all in-sync replicas (acks=all)",
    remedy: "Remove it.",
  },
  auto_offset_reset: {
    accepts: /^earliest$/i,
    reason: "A new group starts at the earliest offset",
    remedy: "Remove it or set it to earliest.",
  },
  enable_idempotence: {
    accepts: /^(true|yes|on|1)$/i,
    reason: "The producer is always idempotent",
    remedy: "Remove it.",
  },
  exclude_internal_topics: {
    accepts: /^(true|yes|on|1)$/i,
    reason: "The consumer subscribes to the topics of STREAMS",
    remedy: "Remove it.",
  },
  isolation_level: {
    accepts: /^read_committed$/i,
    reason: "The consumer reads committed records only",
    remedy: "Remove it or set it to read_committed.",
  },
  ssl_check_hostname: {
    accepts: /^(true|yes|on|1)$/i,
    reason: "The host name of the broker is always verified",
    remedy: "Remove it and connect by the name in the certificate.",
  },
  ssl_ciphers: { remedy: "Remove it." },
  ssl_context: { remedy: "Remove it." },
  ssl_crlfile: { remedy: "Remove it." },
  ssl_password: {
    reason: "The services do not support a passphrase",
    remedy: "Decrypt the key (openssl pkey -in KEY -out NEW) and remove it.",
  },
  sasl_kerberos_domain_name: KERBEROS,
  sasl_kerberos_name: KERBEROS,
  sasl_kerberos_service_name: KERBEROS,
  sasl_oauth_token_provider: KERBEROS,
  socks5_proxy: { reason: "The services connect to the brokers directly", remedy: "Remove it." },
  group_instance_id: { reason: "The consumer does not support static membership", remedy: "Remove it." },
  transactional_id: { reason: "The producer does not use transactions", remedy: "Remove it." },
};

/** Options that only tune kafka-python itself. */
const WITHOUT_EFFECT: readonly string[] = [
  ..."allow_auto_create_topics api_version api_version_auto_timeout_ms auto_commit_interval_ms batch_size"
    .split(" "),
  ..."bootstrap_topics_filter buffer_memory client_id client_rack connections_max_idle_ms".split(" "),
  ..."consumer_timeout_ms enable_auto_commit default_offset_commit_callback delivery_timeout_ms fetch_max_wait_ms"
    .split(" "),
  ..."fetch_min_bytes heartbeat_interval_ms key_deserializer key_serializer kafka_client".split(" "),
  ..."leave_group_on_close max_block_ms max_in_flight_requests_per_connection".split(" "),
  ..."max_partition_fetch_bytes max_poll_interval_ms max_poll_records max_request_size".split(" "),
  ..."metadata_max_age_ms metric_group_prefix metric_reporters metrics_enabled metrics_num_samples".split(
    " ",
  ),
  ..."metrics_sample_window_ms partition_assignment_strategy partitioner receive_buffer_bytes".split(" "),
  ..."reconnect_backoff_max_ms reconnect_backoff_ms retries retry_backoff_ms selector".split(" "),
  ..."send_buffer_bytes sock_chunk_buffer_count sock_chunk_bytes socket_options".split(" "),
  ..."transaction_timeout_ms value_deserializer value_serializer".split(" "),
];

/** The effect of an option: `same` as without it, `none`, or unsupported; `undefined` if kafka-python does not have the option. */
export function effectOf(
  key: string,
  value: string,
): "same" | "none" | Unsupported | undefined {
  if (WITHOUT_EFFECT.includes(key)) return "none";
  if (!Object.hasOwn(UNSUPPORTED, key)) return undefined;
  const option = UNSUPPORTED[key]!;
  return value === "" || option.accepts?.test(value) ? "same" : option;
}

/** Names of all these options. */
export const KAFKA_PYTHON_OPTIONS: readonly string[] = [...Object.keys(UNSUPPORTED), ...WITHOUT_EFFECT];
