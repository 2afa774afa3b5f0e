export type BareProgram = "hello" | "compare-files" | "apply-files" | "run-file" | "shout-names";
export type NodePeer = "knex" | "kysely" | "drizzle" | "umzug";
export type ToolName = "godwit" | "dbmate" | "sql-migrate" | "shell" | NodePeer | `bare/${BareProgram}`;

/** A program of this machine that contenders run. */
export interface Tool {
  /** As the table names it, with the version. */
  readonly title: string;
  /** What its parameters follow. */
  readonly command: readonly string[];
}

/** Why it cannot be measured here. */
export interface MissingTool {
  readonly missing: string;
}

export function isMissing(tool: Tool | MissingTool): tool is MissingTool {
  return "missing" in tool;
}
