import assert from "assert";
import { kafkaProperties } from "./kafka_properties.ts";

const listeners = {
  client: { listen: "0.0.0.0:1", advertised: "127.0.0.1:1" },
  admin: { listen: "127.0.0.1:2", advertised: "127.0.0.1:2" },
  controller: "127.0.0.1:3",
};

Deno.test("kafkaProperties() sets the listeners and the advertised listeners", () => {
  const properties = kafkaProperties(listeners, "/data", {});
  assert.equal(
    properties["listeners"],
    "CLIENT://0.0.0.0:1,ADMIN://127.0.0.1:2,CONTROLLER://127.0.0.1:3",
  );
  assert.equal(properties["advertised.listeners"], "CLIENT://127.0.0.1:1,ADMIN://127.0.0.1:2");
  assert.equal(properties["controller.quorum.voters"], "1@127.0.0.1:3");
  assert.equal(properties["log.dirs"], "/data");
});

Deno.test("kafkaProperties() applies the security protocol to the client listeners only", () => {
  const network = { listen: "0.0.0.0:4", advertised: "kafka:4" };
  const properties = kafkaProperties({ ...listeners, network }, "/data", { securityProtocol: "SASL_SSL" });
  assert.equal(
    properties["listener.security.protocol.map"],
    "CLIENT:SASL_SSL,NETWORK:SASL_SSL,PROXY:SASL_SSL,ADMIN:PLAINTEXT,CONTROLLER:PLAINTEXT",
  );
  assert.match(properties["advertised.listeners"]!, /NETWORK:\/\/kafka:4/);
});

Deno.test("kafkaProperties() advertises the address of the proxy when there is one", () => {
  const proxy = { listen: "127.0.0.1:5", advertised: "127.0.0.1:6" };
  const properties = kafkaProperties({ ...listeners, proxy }, "/data", {});
  assert.match(properties["listeners"]!, /,PROXY:\/\/127\.0\.0\.1:5,/);
  assert.match(properties["advertised.listeners"]!, /,PROXY:\/\/127\.0\.0\.1:6,/);
});

Deno.test("kafkaProperties() is overridden by the given properties", () => {
  const properties = kafkaProperties(listeners, "/data", { properties: { "node.id": "7", "x": "y" } });
  assert.equal(properties["node.id"], "7");
  assert.equal(properties["x"], "y");
});

Deno.test("kafkaProperties() lists all controllers and requires a majority of replicas when there is a cluster", () => {
  const node = { id: 2, controllers: ["a:1", "b:1", "c:1"] };
  const properties = kafkaProperties(listeners, "/data", {}, node);
  assert.equal(properties["node.id"], "2");
  assert.equal(properties["controller.quorum.voters"], "1@a:1,2@b:1,3@c:1");
  assert.equal(properties["default.replication.factor"], "3");
  assert.equal(properties["min.insync.replicas"], "2");
  assert.equal(kafkaProperties(listeners, "/data", {})["min.insync.replicas"], "1");
});
