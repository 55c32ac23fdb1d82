import assert from "assert";
import { missingTools } from "./missing_tools.ts";

/** Programs of the folder replace those of the machine. */
async function withPrograms(programs: Record<string, string>, use: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  const [path, home] = [Deno.env.get("PATH")!, Deno.env.get("JAVA_HOME")];
  try {
    for (const [name, script] of Object.entries(programs)) {
      await Deno.writeTextFile(`${folder}/${name}`, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    }
    Deno.env.set("PATH", folder);
    Deno.env.delete("JAVA_HOME");
    await use(folder);
  } finally {
    Deno.env.set("PATH", path);
    if (home !== undefined) Deno.env.set("JAVA_HOME", home);
    await Deno.remove(folder, { recursive: true });
  }
}

const JAVA = (version: string) => `echo 'openjdk version "${version}" 2025-04-15' >&2`;

Deno.test("missingTools() names Java and Maven and one command when both are missing", async () => {
  await withPrograms({}, async (folder) => {
    const error = await missingTools(folder);
    assert.match(
      error!.message,
      /^Java 17 or later and Maven are required\. Install them: (sudo )?\S+.* \S*(java|jre|jdk|temurin)\S* maven$/,
    );
  });
});

Deno.test("missingTools() names the version of Java when it is too old", async () => {
  await withPrograms({ java: JAVA("11.0.2"), mvn: "exit 0" }, async (folder) => {
    assert.match(
      (await missingTools(folder))!.message,
      /^Java 17 or later \(java is version 11\.0\.2\) is required\. /,
    );
  });
});

Deno.test("missingTools() needs Maven only when Kafka has not been downloaded", async () => {
  await withPrograms({ java: JAVA("21.0.1") }, async (folder) => {
    assert.match((await missingTools(folder))!.message, /^Maven is required\. Install it: .*maven$/);
    await Deno.mkdir(`${folder}/libs`);
    assert.equal(await missingTools(folder), undefined);
  });
});
