/**
 * The environment of child processes.
 *
 * @module
 */

/**
 * Variables that programs need. All others are removed, since they could change the programs' behavior: `PGOPTIONS`,
 * `JAVA_TOOL_OPTIONS`, `KAFKA_OPTS`, `CLASSPATH`, `LC_ALL`, `TZ`, `HTTP_PROXY`, `NODE_OPTIONS`, `DENO_V8_FLAGS` …
 */
const KEPT = /^(PATH|HOME|USER|LOGNAME|TMPDIR|JAVA_HOME|DENO_DIR|NPM_CONFIG_REGISTRY|OTEL_.*)$/;

/** Options of a `Deno.Command` with only the needed variables and `more`. */
export function cleanEnvironment(
  more: Record<string, string> = {},
): { clearEnv: true; env: Record<string, string> } {
  const kept = Object.entries(Deno.env.toObject()).filter(([name]) => KEPT.test(name));
  return { clearEnv: true, env: { ...Object.fromEntries(kept), LC_ALL: "C.UTF-8", ...more } };
}
