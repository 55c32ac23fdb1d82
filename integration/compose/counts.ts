import { Client } from "pg";
import { AssignerProtocol } from "kafkajs";
import { withAdmin } from "../harness/topic.ts";

/** The stack's servers, on their published ports. */
export class LocalServers {
  /** @param password of PostgreSQL */
  constructor(readonly kafkaPort: number, readonly postgresPort: number, private readonly password: string) {}

  /** Returns the first row of a statement. */
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

  /** Counts stored and rejected records, and the sum of the stored offsets. */
  async countStored(): Promise<{ rows: number; rejected: number; progress: number }> {
    const { rows, rejected, progress } = await this.row(`
      SELECT (SELECT count(*) FROM routes_table) AS rows,
             (SELECT count(*) FROM rejected_records) AS rejected,
             (SELECT coalesce(sum(next_offset), 0) FROM consumer_progress) AS progress`);
    return { rows: Number(rows), rejected: Number(rejected), progress: Number(progress) };
  }

  /** Counts the records of the topic `routes`. */
  async countProduced(): Promise<number> {
    return await withAdmin(`localhost:${this.kafkaPort}`, async (admin) => {
      const offsets = await admin.fetchTopicOffsets("routes");
      return offsets.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
    });
  }

  /** Partitions of the topic `routes` of each member of the group. */
  async readAssignments(): Promise<number[][]> {
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
