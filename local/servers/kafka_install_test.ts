import assert from "assert";
import { installKafka } from "./kafka_install.ts";
import { ServerError } from "./types.ts";

Deno.test("installKafka() starts over when a download was aborted", async () => {
  await using maven = await FakeMaven.with(`
    for argument; do case $argument in -DoutputDirectory=*) folder=\${argument#*=};; esac; done
    mkdir "$folder" && echo jar >"$folder/b.jar" && echo jar >"$folder/a.jar"`);
  await Deno.mkdir(`${maven.cache}/libs.partial`, { recursive: true });
  await Deno.writeTextFile(`${maven.cache}/libs.partial/half.jar`, "");
  const { classPath } = await installKafka(maven.cache);
  assert.equal(classPath, `${maven.cache}/libs/a.jar:${maven.cache}/libs/b.jar`);
});

Deno.test("installKafka() downloads once when there are concurrent callers", async () => {
  await using maven = await FakeMaven.with(`
    for argument; do case $argument in -DoutputDirectory=*) folder=\${argument#*=};; esac; done
    sleep 0.2; echo >>"\${folder%/*/*}/calls"; mkdir "$folder" && echo jar >"$folder/a.jar"`);
  await Promise.all([1, 2, 3].map(() => installKafka(maven.cache)));
  await installKafka(maven.cache);
  assert.equal(await Deno.readTextFile(`${maven.path}/calls`), "\n");
});

Deno.test("installKafka() reports the errors of Maven when the download fails, and retries in the next call", async () => {
  await using maven = await FakeMaven.with("echo '[ERROR] Could not transfer artifact'; exit 1");
  for (const _ of [1, 2]) {
    await assert.rejects(
      installKafka(maven.cache),
      (error) =>
        error instanceof ServerError && /with Maven.*Could not transfer artifact/s.test(error.message),
    );
  }
});

Deno.test("installKafka() names the command that installs Maven when it is missing", async () => {
  await using maven = await FakeMaven.with(undefined);
  await assert.rejects(
    installKafka(maven.cache),
    (error) => error instanceof ServerError && /^Maven is required\. Install it: \S+/.test(error.message),
  );
});

/** Sets `PATH` so that `mvn` is a script of the test, or missing. */
class FakeMaven implements AsyncDisposable {
  readonly cache: string;
  readonly #path = Deno.env.get("PATH") ?? "";

  private constructor(readonly path: string) {
    this.cache = `${path}/cache`;
  }

  static async with(script: string | undefined): Promise<FakeMaven> {
    const maven = new FakeMaven(await Deno.makeTempDir());
    if (script !== undefined) {
      await Deno.writeTextFile(`${maven.path}/mvn`, `#!/bin/sh\nPATH=/usr/bin:/bin\n${script}\n`, {
        mode: 0o755,
      });
    }
    Deno.env.set("PATH", maven.path);
    return maven;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    Deno.env.set("PATH", this.#path);
    await Deno.remove(this.path, { recursive: true });
  }
}
