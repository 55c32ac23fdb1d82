/**
 * Closes a connection when a request on it times out.
 *
 * kafkajs rejects the request and keeps using the connection. If a firewall has dropped the connection or the broker's machine is gone,
 * all later requests time out as well until TCP gives up, after about 15 minutes. Kafka's Java client closes such a connection, so that
 * the next request opens a new one.
 *
 * @see kafkajs/src/network/connection.js
 * @see Kafka's org.apache.kafka.clients.NetworkClient#handleTimedOutRequests
 * @module
 */
import type { Socket } from "node:net";
import Connection from "kafkajs/src/network/connection.js";

/** The parts of kafkajs' Connection that are used here. */
interface KafkajsConnection {
  readonly socket: Socket;
  send(request: unknown): Promise<unknown>;
}

const kafkajsSend: KafkajsConnection["send"] = Connection.prototype.send;

/** Replaces `Connection.send`. */
export function closeConnectionOnRequestTimeout(): void {
  Connection.prototype.send = async function (this: KafkajsConnection, request: unknown) {
    try {
      return await kafkajsSend.call(this, request);
    } catch (error) {
      // Also rejects all other requests on this connection.
      if ((error as Error).name === "KafkaJSRequestTimeoutError") this.socket.destroy(error as Error);
      throw error;
    }
  };
}
