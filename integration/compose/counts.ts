import { Client } from "pg";
import { AssignerProtocol } from "kafkajs";
import { withAdmin } from "../harness/topic.ts";

/** The stack's servers, by the ports that it publishes on this machine. */
export class LocalServers {
  /** @param password PostgreSQL's */
  constructor(readonly kafkaPort: number, readonly postgresPort: number, private readonly password: string) {}

  /** The first row that one statement returns. */
  async row(sql: string): Promise<Record<string, unknown>> {
    const client = new Client({
      host: "localhost",
      port: this.postgresPort,
      user: "postgres",
      password: this.password,
      database: "routes",
      connectionTimeoutMillis: 5_000,
    });
    client.on("error", () => {});
    try {
      await client.connect();
    } catch (error) {
      // Not awaited: ending a client that failed to connect may never settle.
      client.end().catch(() => {});
      throw error;
    }
    try {
      return (await client.query(sql)).rows[0];
    } finally {
      await client.end();
    }
  }

  /** How many records are stored and how many rejected, and up to which offsets, all partitions added up. */
  async stored(): Promise<{ rows: number; rejected: number; progress: number }> {
    const { rows, rejected, progress } = await this.row(`
      SELECT (SELECT count(*) FROM routes_table) AS rows,
             (SELECT count(*) FROM rejected_records) AS rejected,
             (SELECT coalesce(sum(next_offset), 0) FROM consumer_progress) AS progress`);
    return { rows: Number(rows), rejected: Number(rejected), progress: Number(progress) };
  }

  /** How many records are in the topic `routes`. */
  async produced(): Promise<number> {
    return await withAdmin(`localhost:${this.kafkaPort}`, async (admin) => {
      const offsets = await admin.fetchTopicOffsets("routes");
      return offsets.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
    });
  }

  /** For each consumer of the group the partitions of the topic `routes` that it has. */
  async assignments(): Promise<number[][]> {
    return await withAdmin(`localhost:${this.kafkaPort}`, async (admin) => {
      const { groups: [group] } = await admin.describeGroups(["routes-consumer"]);
      return group!.members.map(({ memberAssignment }) =>
        memberAssignment.length === 0
          ? []
          : AssignerProtocol.MemberAssignment.decode(memberAssignment)?.assignment["routes"] ?? []
      );
    });
  }
}
