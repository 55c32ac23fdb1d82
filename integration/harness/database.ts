import { Client } from "pg";
import type { PostgresServer } from "../../local/servers/mod.ts";

/** A database of the shared server, seen by its superuser. Each call takes a connection of its own: servers come and go here. */
export class Database {
  constructor(readonly server: PostgresServer, readonly name: string) {}

  /** Makes it. */
  async create(): Promise<void> {
    await new Database(this.server, this.server.database).query(`CREATE DATABASE "${this.name}"`);
  }

  /** Removes it, whoever is connected. */
  async drop(): Promise<void> {
    const server = new Database(this.server, this.server.database);
    await server.query(`DROP DATABASE IF EXISTS "${this.name}" WITH (FORCE)`);
  }

  /** The rows that one statement returns. */
  async query<Row = Record<string, unknown>>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return await this.connected(async (client) => (await client.query(sql, values)).rows);
  }

  /** The first column of the first row, as a number. */
  async number(sql: string, values: unknown[] = []): Promise<number> {
    const [row] = await this.query(sql, values);
    return Number(Object.values(row!)[0]);
  }

  /** Runs `use` with a connection, and closes it. */
  async connected<T>(use: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client({
      connectionString: this.server.url(this.name),
      connectionTimeoutMillis: 10_000,
      ssl: false,
    });
    // Servers are killed here; what was under way is rejected all the same.
    client.on("error", () => {});
    await client.connect();
    try {
      return await use(client);
    } finally {
      await client.end();
    }
  }
}
