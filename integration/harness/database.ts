import { Client } from "pg";
import type { PostgresServer } from "../../local/servers/mod.ts";

/** A database, accessed as superuser. Each call opens a new connection, because scenarios stop and start the server. */
export class Database {
  constructor(readonly server: PostgresServer, readonly name: string) {}

  async create(): Promise<void> {
    await new Database(this.server, this.server.database).query(`CREATE DATABASE "${this.name}"`);
  }

  /** Drops the database and terminates its sessions. */
  async drop(): Promise<void> {
    const server = new Database(this.server, this.server.database);
    await server.query(`DROP DATABASE IF EXISTS "${this.name}" WITH (FORCE)`);
  }

  /** Returns the rows of a statement. */
  async query<Row = Record<string, unknown>>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return await this.connected(async (client) => (await client.query(sql, values)).rows);
  }

  /** Returns the first column of the first row as a number. */
  async number(sql: string, values: unknown[] = []): Promise<number> {
    const [row] = await this.query(sql, values);
    return Number(Object.values(row!)[0]);
  }

  /** Runs `use` with a connection, then closes it. */
  async connected<T>(use: (client: Client) => Promise<T>): Promise<T> {
    const client = new Client({
      connectionString: this.server.url(this.name),
      connectionTimeoutMillis: 10_000,
      ssl: false,
    });
    // Scenarios kill servers; pending queries are rejected anyway.
    client.on("error", () => {});
    await client.connect();
    try {
      return await use(client);
    } finally {
      await client.end();
    }
  }
}
