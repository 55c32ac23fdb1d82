/**
 * Asks the service beside it how it is: the images' health check, which have no curl. Exit code 0: well, 1: not.
 *
 *     deno run --allow-net=127.0.0.1 --allow-env=HTTP_PORT shared/observe/healthcheck.ts /healthz
 *
 * @module
 */
import { httpGet } from "./http_get.ts";

const [path = "/healthz"] = Deno.args;
const port = Deno.env.get("HTTP_PORT") || "0";

// Nothing is served on port 0; that is a choice and no illness.
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
