import assert from "assert";
import { whyUnreadable } from "./error.ts";

Deno.test("whyUnreadable() names the remedy when a file is missing, out of bounds or another user's", () => {
  assert.match(whyUnreadable(new Deno.errors.NotFound("x")), /no such file/);
  assert.match(whyUnreadable(new Deno.errors.NotCapable("x")), /below res\/ and \/run\/secrets\//);
  assert.match(whyUnreadable(new Deno.errors.PermissionDenied("x")), /CONTAINER_USER/);
  assert.equal(whyUnreadable(new Error("is a directory")), "is a directory");
});
