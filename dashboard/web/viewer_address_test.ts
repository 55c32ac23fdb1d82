import assert from "assert";
import { viewerAddress } from "./viewer_address.ts";

Deno.test("viewerAddress() is equal for all addresses that one machine can choose", () => {
  const same = [
    ["127.0.0.1", "127.3.2.1", "::1", "::ffff:127.0.0.1"],
    ["192.0.2.1", "::ffff:192.0.2.1", "::FFFF:192.0.2.1"],
    ["2001:db8:1:2::1", "2001:DB8:0001:2:a:b:c:d", "2001:db8:1:2:0:0:0:1"],
    ["fe80::1%eth0", "fe80::2"],
  ];
  const keys = same.map((addresses) => {
    const found = new Set(addresses.map(viewerAddress));
    assert.equal(found.size, 1, `${addresses}: ${[...found]}`);
    return [...found][0];
  });
  const other = ["192.0.2.2", "2001:db8:1:3::1", "2001:db8::1", "fe80:0:0:1::1"].map(viewerAddress);
  assert.equal(new Set([...keys, ...other]).size, keys.length + other.length);
});
