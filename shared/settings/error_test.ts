import assert from "assert";
import { describeReadError } from "./error.ts";

Deno.test("whyUnreadable() names the remedy when a file is missing, out of bounds or a folder", () => {
  assert.match(describeReadError(new Deno.errors.NotFound("x"), "x"), /no such file/);
  assert.match(describeReadError(new Deno.errors.NotCapable("x"), "x"), /below res\/ and \/run\/secrets\//);
  assert.equal(describeReadError(new Error("is a directory"), "x"), "is a directory");
});

Deno.test("whyUnreadable() names owner, mode and CONTAINER_USER when the file is another user's", () => {
  const path = Deno.makeTempFileSync();
  try {
    Deno.chmodSync(path, 0o600);
    const { uid } = Deno.statSync(path);
    const why = describeReadError(new Deno.errors.PermissionDenied("x"), path);
    assert.match(why, new RegExp(`owner is user ${uid} and its mode 600.*CONTAINER_USER`));
  } finally {
    Deno.removeSync(path);
  }
});

Deno.test("whyUnreadable() names the folder when the path cannot be followed", () => {
  assert.match(
    describeReadError(new Deno.errors.PermissionDenied("x"), "/no/such/path"),
    /folder of its path.*CONTAINER_USER/,
  );
});
