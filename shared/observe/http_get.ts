/**
 * HTTP requests without a proxy. `fetch` uses the proxy in `HTTP_PROXY` or `ALL_PROXY` even for this machine; `node:http` does not.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import * as http from "node:http";
import * as https from "node:https";

/** A response. Redirects are not followed. */
export interface HttpResponse {
  readonly status: number;
  readonly text: string;
}

/**
 * Sends a GET request without a proxy, on a new connection.
 *
 * @param maxBytes of the body
 * @throws {DOMException} `TimeoutError` if the response is not complete within `timeoutMs`, {@link RangeError} if it is too long
 * @throws {Error} of node:http if there is no response
 */
export function httpGet(url: string, timeoutMs: number, maxBytes = 16 * 1024 * 1024): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const { get } = url.startsWith("https:") ? https : http;
    const request = get(url, { agent: false }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        if ((size += chunk.length) <= maxBytes) return;
        fail(new RangeError(`The response has more than ${maxBytes} bytes`));
        request.destroy();
      });
      response.on("end", () => {
        clearTimeout(timer);
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
      });
      response.on("error", fail);
    });
    const fail = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    request.on("error", fail);
    const timer = setTimeout(() => {
      request.destroy(new DOMException(`No response within ${timeoutMs} ms`, "TimeoutError"));
    }, timeoutMs);
  });
}
