import assert from "assert";
import { describeReadError } from "./error.ts";

Deno.test("describeReadError() names the reason when a file is missing, outside the permissions or a directory", () => {
  assert.match(describeReadError(new Deno.errors.NotFound("x"), "x"), /no such file/);
  assert.match(
    describeReadError(new Deno.errors.NotCapable("x"), "x"),
    /only read files in res\/ and \/run\/secrets\//,
  );
  assert.equal(describeReadError(new Error("is a directory"), "x"), "is a directory");
});

Deno.test("describeReadError() names owner, mode and CONTAINER_USER when the file belongs to another user", () => {
  const path = Deno.makeTempFileSync();
  try {
    Deno.chmodSync(path, 0o600);
    const { uid } = Deno.statSync(path);
    const why = describeReadError(new Deno.errors.PermissionDenied("x"), path);
    assert.match(why, new RegExp(`owner ${uid}, mode 600.*CONTAINER_USER`));
  } finally {
    Deno.removeSync(path);
  }
});

Deno.test("describeReadError() names the directory when it cannot be entered", () => {
  assert.match(
    describeReadError(new Deno.errors.PermissionDenied("x"), "/no/such/path"),
    /directory of the path.*CONTAINER_USER/,
  );
});
