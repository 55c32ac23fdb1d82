import assert from "assert";
import { installKafka } from "./kafka_install.ts";
import { ServerError } from "./types.ts";

Deno.test("installKafka() starts over when a download was cut off", async () => {
  await using machine = await Machine.with(`
    for argument; do case $argument in -DoutputDirectory=*) folder=\${argument#*=};; esac; done
    mkdir "$folder" && echo jar >"$folder/b.jar" && echo jar >"$folder/a.jar"`);
  await Deno.mkdir(`${machine.cache}/libs.partial`, { recursive: true });
  await Deno.writeTextFile(`${machine.cache}/libs.partial/half.jar`, "");
  const { classPath } = await installKafka(machine.cache);
  assert.equal(classPath, `${machine.cache}/libs/a.jar:${machine.cache}/libs/b.jar`);
});

Deno.test("installKafka() downloads once, however many ask at the same time", async () => {
  await using machine = await Machine.with(`
    for argument; do case $argument in -DoutputDirectory=*) folder=\${argument#*=};; esac; done
    sleep 0.2; echo >>"\${folder%/*/*}/calls"; mkdir "$folder" && echo jar >"$folder/a.jar"`);
  await Promise.all([1, 2, 3].map(() => installKafka(machine.cache)));
  await installKafka(machine.cache);
  assert.equal(await Deno.readTextFile(`${machine.path}/calls`), "\n");
});

Deno.test("installKafka() says what Maven said when it can't download, and tries again the next time", async () => {
  await using machine = await Machine.with("echo '[ERROR] Could not transfer artifact'; exit 1");
  for (const _ of [1, 2]) {
    await assert.rejects(
      installKafka(machine.cache),
      (error) => error instanceof ServerError && /by Maven.*Could not transfer artifact/s.test(error.message),
    );
  }
});

Deno.test("installKafka() names the command that installs Maven when it is missing", async () => {
  await using machine = await Machine.with(undefined);
  await assert.rejects(
    installKafka(machine.cache),
    (error) => error instanceof ServerError && /^Maven .* is missing\. Install it: \S+/.test(error.message),
  );
});

/** A machine whose `mvn` is a script of the test's, or that has none. */
class Machine implements AsyncDisposable {
  readonly cache: string;
  readonly #path = Deno.env.get("PATH") ?? "";

  private constructor(readonly path: string) {
    this.cache = `${path}/cache`;
  }

  static async with(maven: string | undefined): Promise<Machine> {
    const machine = new Machine(await Deno.makeTempDir());
    if (maven !== undefined) {
      await Deno.writeTextFile(`${machine.path}/mvn`, `#!/bin/sh\nPATH=/usr/bin:/bin\n${maven}\n`, {
        mode: 0o755,
      });
    }
    Deno.env.set("PATH", machine.path);
    return machine;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    Deno.env.set("PATH", this.#path);
    await Deno.remove(this.path, { recursive: true });
  }
}
