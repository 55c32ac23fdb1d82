import assert from "assert";
import { SettingsError } from "../../shared/settings/error.ts";
import { AllowedHosts } from "./allowed_hosts.ts";

const hosts = new AllowedHosts(["Map.Example.com", "intranet."]);
/** As Deno passes them: the URL contains the authority of the request line, else the `Host`. */
const accepts = (host: string | null, authority = host ?? "localhost:8080") =>
  hosts.accepts({
    headers: new Headers(host === null ? {} : { host }),
    url: `http://${authority}/events`,
  });

Deno.test("AllowedHosts.accepts() accepts localhost, IP addresses, Compose names and named hosts, with any port", () => {
  const good = [
    ...["localhost", "localhost:8080", "LocalHost", "localhost.", "localhost.:1"],
    ...["127.0.0.1", "192.168.1.20:8080", "[::1]", "[::1]:8080", "[FE80::1%25eth0]:1", "[::ffff:127.0.0.1]"],
    ...["dashboard", "dashboard:8080", "routes-dashboard-1", "routes_dashboard_2:80"],
    ...["map.example.com", "MAP.EXAMPLE.COM:443", "map.example.com.", "intranet"],
  ];
  for (const host of good) assert.equal(accepts(host), true, host);
});

Deno.test("AllowedHosts.accepts() rejects every other name and invalid names", () => {
  const bad = [
    ...["evil.example", "evil.example:8080", "localhost.evil.example", "dashboard.evil.example"],
    ...["127.0.0.1.evil.example", "map.example.com.evil.example", "xmap.example.com", "example.com"],
    ...[
      "localhost..",
      "dashboard-evil.example",
      "1.2.3",
      "256.1.1.1",
      "[::1",
      "::1",
      "[::1]x",
      "[evil.example]",
    ],
    ...["user@localhost", "localhost/x", "localhost, evil.example", "localhost:x", "", " "],
  ];
  for (const host of bad) assert.equal(accepts(host), false, host);
  assert.equal(accepts(null), false);
});

Deno.test("AllowedHosts.accepts() rejects a request when its line names another host than its header", () => {
  assert.equal(accepts("localhost", "evil.example"), false);
  assert.equal(accepts("evil.example", "localhost"), false);
  assert.equal(accepts("localhost", "127.0.0.1:8080"), true);
});

Deno.test("new AllowedHosts() throws when a name is not a host name", () => {
  for (
    const name of ["*.example.com", "https://map.example.com", "map.example.com:443", "a b", "[::1]", "."]
  ) {
    assert.throws(() => new AllowedHosts([name]), SettingsError, name);
  }
});
