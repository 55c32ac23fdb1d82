/**
 * Options of kafka-python's KafkaConsumer and KafkaProducer that are no settings of the services, in the section `[kafka]` of
 * `host_settings.ini`.
 *
 * @see https://kafka-python.readthedocs.io/en/master/apidoc/KafkaConsumer.html
 * @see https://kafka-python.readthedocs.io/en/master/apidoc/KafkaProducer.html
 * @module
 */

/** An option whose values change what the program does. */
interface Limited {
  /** Values that say what the services do anyway. */
  readonly accepts?: RegExp;
  readonly remedy: string;
}

const TRUST = "The services do not support it. Remove it";
const KERBEROS = "The services log in with PLAIN or SCRAM only. Remove it, and set sasl_mechanism";

/** Refused with values other than the accepted ones. */
const LIMITED: Readonly<Record<string, Limited>> = {
  acks: {
    accepts: /^(all|-1)$/i,
    remedy: "The producer waits for all in-sync replicas (acks=all). Remove it",
  },
  auto_offset_reset: {
    accepts: /^earliest$/i,
    remedy: "A new group begins with the first record of each partition. Remove it, or set it to earliest",
  },
  enable_idempotence: {
    accepts: /^(true|yes|on|1)$/i,
    remedy: "The producer is always idempotent. Remove it",
  },
  exclude_internal_topics: {
    accepts: /^(true|yes|on|1)$/i,
    remedy: "The topics are those of STREAMS. Remove it",
  },
  isolation_level: {
    accepts: /^read_committed$/i,
    remedy: "The consumer stores only records of committed transactions. Remove it",
  },
  ssl_check_hostname: {
    accepts: /^(true|yes|on|1)$/i,
    remedy: "The broker's host name is always checked. Remove it, and connect by the name in the certificate",
  },
  ssl_ciphers: { remedy: TRUST },
  ssl_context: { remedy: TRUST },
  ssl_crlfile: { remedy: TRUST },
  ssl_password: {
    remedy: "The services take no passphrase. Decrypt the key (openssl pkey -in KEY -out NEW), and remove it",
  },
  sasl_kerberos_domain_name: { remedy: KERBEROS },
  sasl_kerberos_name: { remedy: KERBEROS },
  sasl_kerberos_service_name: { remedy: KERBEROS },
  sasl_oauth_token_provider: { remedy: KERBEROS },
  socks5_proxy: { remedy: "The services connect to the brokers directly. Remove it" },
  group_instance_id: { remedy: "The consumer is no static member of its group. Remove it" },
  transactional_id: { remedy: "The producer sends no transactions. Remove it" },
};

/** Options that tune kafka-python itself, and have no counterpart. */
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

/** What an option of kafka-python means for the services; `undefined`: it has no such option. */
export function meaningOf(
  key: string,
  value: string,
): "same" | "no effect" | { readonly remedy: string } | undefined {
  if (WITHOUT_EFFECT.includes(key)) return "no effect";
  if (!Object.hasOwn(LIMITED, key)) return undefined;
  const { accepts, remedy } = LIMITED[key]!;
  return value === "" || accepts?.test(value) ? "same" : { remedy };
}

/** All of these options. */
export const KAFKA_PYTHON_OPTIONS: readonly string[] = [...Object.keys(LIMITED), ...WITHOUT_EFFECT];
