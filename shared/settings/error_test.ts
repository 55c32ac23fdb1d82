import assert from "assert";
import { readProblem, SettingsError } from "./error.ts";

const read = (error: unknown, path = "x") => readProblem("Cannot read x", error, path);

Deno.test("readProblem() names the reason when a file is missing, outside the permissions or a directory", () => {
  assert.deepEqual(read(new Deno.errors.NotFound("x")), { cause: "Cannot read x: no such file", remedy: "" });
  assert.deepEqual(read(new Deno.errors.NotCapable("x")), {
    cause: "Cannot read x: services can only read files in res/ and /run/secrets/",
    remedy: "Move it there.",
  });
  assert.equal(read(new Error("is a directory")).cause, "Cannot read x: is a directory");
});

Deno.test("readProblem() names owner, mode and CONTAINER_USER when the file belongs to another user", () => {
  const path = Deno.makeTempFileSync();
  try {
    Deno.chmodSync(path, 0o600);
    const { uid } = Deno.statSync(path);
    const { cause, remedy } = read(new Deno.errors.PermissionDenied("x"), path);
    assert.match(cause, new RegExp(`permission denied \\(owner ${uid}, mode 600\\)$`));
    assert.match(remedy, /^Change .*CONTAINER_USER.*\.$/);
  } finally {
    Deno.removeSync(path);
  }
});

Deno.test("readProblem() names the directory when it cannot be entered", () => {
  const { cause, remedy } = read(new Deno.errors.PermissionDenied("x"), "/no/such/path");
  assert.match(cause, /directory of the path$/);
  assert.match(remedy, /CONTAINER_USER/);
});

Deno.test("SettingsError has a line for each problem, with its remedy if there is one", () => {
  const error = new SettingsError([
    { cause: "PGPORT is not set", remedy: "Set PGPORT." },
    { cause: "--count takes no value", remedy: "" },
  ]);
  assert.deepEqual(error.texts, ["PGPORT is not set. Set PGPORT.", "--count takes no value."]);
  assert.equal(error.message, error.texts.join("\n"));
});
