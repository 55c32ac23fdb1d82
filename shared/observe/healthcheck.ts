/**
 * Container health check; the images have no curl. Exit code 0: healthy, 1: unhealthy.
 *
 *     deno run --allow-net=127.0.0.1 --allow-env=HTTP_PORT shared/observe/healthcheck.ts /healthz
 *
 * @module
 */
import { httpGet } from "./http_get.ts";

const [path = "/healthz"] = Deno.args;
const port = Deno.env.get("HTTP_PORT") || "0";

// Port 0 disables the probes; the container counts as healthy then.
if (port !== "0") {
  try {
    const { status, text } = await httpGet(`http://127.0.0.1:${port}${path}`, 4_000);
    console.log(text);
    Deno.exit(status === 200 ? 0 : 1);
  } catch (error) {
    console.log(String(error));
    Deno.exit(1);
  }
}
