/** A server, or something that it needs, is missing or broken; the message says what to do. */
export class ServerError extends Error {
  override readonly name = "ServerError";
}
