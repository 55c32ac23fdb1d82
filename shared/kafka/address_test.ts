import assert from "assert";
import { addressOf, parseBootstrapServers, textOf } from "./address.ts";

const VALID: [text: string, servers: string, protocols?: string[]][] = [
  ["kafka.example.com:12345", "kafka.example.com:12345"],
  ["kafka", "kafka:9092"],
  ["a:1,b:2 , c", "a:1,b:2,c:9092"],
  ["\na:1\nb:2", "a:1,b:2"],
  ["\r\n  a:1,\r\n  b:2\r\n", "a:1,b:2"],
  ["127.0.0.1:9092", "127.0.0.1:9092"],
  ["[::1]:9093", "[::1]:9093"],
  ["[2001:db8::1]", "[2001:db8::1]:9092"],
  ["[fe80::1%eth0]:1", "[fe80::1%eth0]:1"],
  ["broker_1.internal.:65535", "broker_1.internal.:65535"],
  ["SSL://a:1,ssl://b:2", "a:1,b:2", ["SSL"]],
  ["SASL_SSL://[::1]:1,PLAINTEXT://b", "[::1]:1,b:9092", ["SASL_SSL", "PLAINTEXT"]],
];

for (const [text, servers, protocols = []] of VALID) {
  Deno.test(`parseBootstrapServers() parses ${JSON.stringify(text)}`, () => {
    const result = parseBootstrapServers(text);
    assert.ok(typeof result === "object", `${result}`);
    assert.equal(result.addresses.map(textOf).join(","), servers);
    assert.deepEqual(result.protocols, protocols);
    assert.deepEqual(result.addresses.map(textOf).map(addressOf), result.addresses);
  });
}

const INVALID: [text: string, problem: RegExp][] = [
  ["", /names no broker/],
  [" \n ", /names no broker/],
  ["h:abc", /^has "h:abc", whose port is not a number from 1 to 65535/],
  ["h:", /whose port/],
  ["h:0", /whose port/],
  ["h:65536", /whose port/],
  ["h:-1", /whose port/],
  ["h:9092.0", /whose port/],
  ["h:0x1", /whose port/],
  ["h: 1", /whose port/],
  ["h:９０９２", /whose port/],
  ["['h:1']", /not host:port/],
  ['"h:1"', /not host:port/],
  ["h:1;g:1", /whose port/],
  ["h;g:1", /not host:port/],
  ["h g:1", /not host:port/],
  [":9092", /not host:port/],
  ["a:1,,b:1", /has an empty item/],
  ["a:1,", /has an empty item/],
  [",a:1", /has an empty item/],
  ["kafka://h:1", /and kafka:\/\/ is not a security protocol/],
  ["https://h:1", /is not a security protocol/],
  ["://h:1", /is not a security protocol/],
  ["SSL://", /not host:port/],
  ["SSL://SSL://h:1", /not host:port|whose port/],
  ["h:1/path", /whose port/],
  ["h/path", /not host:port/],
  ["::1", /write \[::1\] or \[address\]:port/],
  ["::1:9092", /IPv6 address without brackets/],
  ["[::1", /not host:port/],
  ["[::1]x:1", /not host:port/],
  ["[h]:1", /not host:port/],
  ["[]:1", /not host:port/],
  ["1.2.3:1", /not host:port/],
  ["256.1.1.1:1", /not host:port/],
  ["bröker:1", /not host:port/],
  ["a..b:1", /not host:port/],
  [`${"a".repeat(64)}:1`, /not host:port/],
  ["h\0:1", /not host:port/],
];

for (const [text, problem] of INVALID) {
  Deno.test(`parseBootstrapServers() returns an error for ${JSON.stringify(text)}`, () => {
    const result = parseBootstrapServers(text);
    assert.ok(typeof result === "string", JSON.stringify(result));
    assert.match(result, problem);
  });
}

Deno.test("parseBootstrapServers() does not return passwords in errors", () => {
  for (const text of ["kafka://me:hunter2@h:1", "me:hunter2@h:1", "SSL://me:hunter2@h"]) {
    const result = parseBootstrapServers(text);
    assert.ok(typeof result === "string" && !result.includes("hunter2"), `${result}`);
  }
});
