/**
 * Closes connections on which a request was not answered in time.
 *
 * kafkajs gives up the request and keeps the connection. Where a firewall has forgotten it, or the machine behind it is gone, everything
 * that follows is sent into nothing, for the quarter of an hour that TCP itself takes to give up. Here such a connection is closed, as
 * Kafka's own client does it, so that the next attempt makes a new one, and so that it is said that the broker is away.
 *
 * This file is the one place that knows; `unanswered_test.ts` holds it against kafkajs' own class.
 *
 * @see kafkajs/src/network/connection.js
 * @see Kafka's org.apache.kafka.clients.NetworkClient#handleTimedOutRequests
 * @module
 */
import type { Socket } from "node:net";
import Connection from "kafkajs/src/network/connection.js";

/** What is used of kafkajs' class, which has no types. */
interface KafkajsConnection {
  readonly socket: Socket;
  send(request: unknown): Promise<unknown>;
}

const kafkajsSend: KafkajsConnection["send"] = Connection.prototype.send;

/** From now on clients of this process close connections that do not answer. */
export function closeConnectionOnRequestTimeout(): void {
  Connection.prototype.send = async function (this: KafkajsConnection, request: unknown) {
    try {
      return await kafkajsSend.call(this, request);
    } catch (error) {
      // Which fails whatever else waits for an answer on it.
      if ((error as Error).name === "KafkaJSRequestTimeoutError") this.socket.destroy(error as Error);
      throw error;
    }
  };
}
