import assert from "assert";
import { postgresArguments, postgresFiles } from "./postgres_settings.ts";

Deno.test("postgresFiles() allows all logins with a password by default", () => {
  assert.match(postgresFiles({})["pg_hba.conf"]!, /^host all all all scram-sha-256$/m);
});

Deno.test("postgresFiles() and postgresArguments() name the same files when there is TLS", () => {
  const options = { tls: { certificate: "C", key: "K", clientAuthority: "A" }, settings: { port: "1" } };
  assert.deepEqual(Object.values(postgresFiles(options)).slice(1), ["C", "K", "A"]);
  const named = postgresArguments("/files", options).filter((argument) => argument.includes("/files/"))
    .map((argument) => argument.split("/files/")[1]);
  assert.deepEqual(named, Object.keys(postgresFiles(options)));
});

Deno.test("postgresArguments() passes settings on", () => {
  assert.deepEqual(postgresArguments("/f", { settings: { max_connections: "7" } }).slice(-2), [
    "-c",
    "max_connections=7",
  ]);
});
