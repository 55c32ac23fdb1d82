import { partitionKey } from "../../shared/schema/progress.ts";
import type { GroupState } from "./read_groups.ts";

const HEADER = ["partition", "next offset", "end offset", "lag", "owner"] as const;

/** A group as a table with a line for each partition. Numbers are aligned to the right. */
export function formatGroup({ group, members, partitions }: GroupState): string {
  const rows = partitions.map((at) => {
    const name = partitionKey(at);
    const { next, low, high, isRecreated } = at;
    const owner = members.find((member) => member.partitions.has(name));
    const cells = [
      name,
      isRecreated ? "(topic recreated)" : next === undefined ? "–" : String(next),
      String(high),
      isRecreated ? "?" : String(Math.max(0, high - Math.max(next ?? low, low))),
      owner === undefined ? "none" : `${owner.id} (${owner.host})`,
    ];
    return cells;
  });
  const widths = HEADER.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length))
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) =>
      column === 0 || column === cells.length - 1
        ? cell.padEnd(widths[column]!)
        : cell.padStart(widths[column]!)
    ).join("  ").trimEnd();
  return [
    `Group ${group}, ${members.length} member${members.length === 1 ? "" : "s"}`,
    line(HEADER),
    ...rows.map(line),
  ].join("\n");
}
