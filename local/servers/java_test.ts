import assert from "assert";
import { javaVersion } from "./java.ts";

Deno.test("javaVersion() finds the version in the output of java -version", () => {
  assert.equal(javaVersion('openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime Environment'), "17.0.15");
  assert.equal(javaVersion('java version "1.8.0_402"'), "1.8.0_402");
  assert.equal(javaVersion('openjdk version "26-ea" 2026-03-17'), "26-ea");
});

Deno.test("javaVersion() is undefined when the output has no version", () => {
  assert.equal(javaVersion("No Java runtime present, requesting install."), undefined);
});
