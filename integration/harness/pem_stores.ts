import type { Authority, Certificate } from "./certificates.ts";

/** Broker properties that give Kafka its certificate, and the authority that clients' certificates must come from. */
export function pemStores(server: Certificate, authority: Authority): Record<string, string> {
  return {
    "ssl.keystore.type": "PEM",
    "ssl.keystore.key": server.key,
    "ssl.keystore.certificate.chain": server.certificate,
    "ssl.truststore.type": "PEM",
    "ssl.truststore.certificates": authority.self.certificate,
  };
}
