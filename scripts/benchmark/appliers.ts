import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Shape } from "./file-shapes.ts";
import type { Project } from "./project.ts";
import type { NodePeer, ToolName } from "./tool.ts";

/** How a tool is told to apply what is pending in a folder to the `app.db` of its working directory. */
export interface Applier {
  /** The files for SQL, or what its documentation has in its place. */
  readonly shape: Shape;
  readonly codeShape?: Shape;
  readonly history: string;
  parameters(folder: string, extension: "sql" | "mjs"): readonly string[];
  /** Where it takes them from a file. */
  configure?(project: Project, folder: string): void;
}

export type ApplierName = Exclude<ToolName, `bare/${string}` | "shell">;

const DATABASE = "app.db";

export const APPLIERS: Readonly<Record<ApplierName, Applier>> = {
  godwit: {
    shape: "godwit",
    codeShape: "godwit-code",
    history: "schema_migrations",
    parameters: (folder) => ["migrate", "--db", DATABASE, "--dir", folder],
  },
  dbmate: {
    shape: "dbmate",
    history: "schema_migrations",
    parameters: (folder) => [...dbmateFlags(folder), "up"],
  },
  "sql-migrate": {
    shape: "sql-migrate",
    history: "gorp_migrations",
    parameters: () => ["up"],
    configure(project, folder) {
      mkdirSync(project.path, { recursive: true });
      const lines = ["dialect: sqlite3", `datasource: ${DATABASE}`, `dir: ${folder}`];
      writeFileSync(
        join(project.path, "dbconfig.yml"),
        `development:\n${lines.map((line) => `  ${line}\n`).join("")}`,
      );
    },
  },
  knex: node("knex-code", "knex_migrations"),
  kysely: node("kysely-code", "kysely_migration"),
  drizzle: node("drizzle", "__drizzle_migrations"),
  umzug: { ...node("plain", "umzug_migrations"), codeShape: "umzug-code" },
};

export const NODE_PEERS: readonly NodePeer[] = ["knex", "kysely", "drizzle", "umzug"];

export function dbmateFlags(folder: string): string[] {
  return ["-u", `sqlite:${DATABASE}`, "-d", folder, "--no-dump-schema"];
}

/** One of ours in `peers/`. */
function node(shape: Shape, history: string): Applier {
  return { shape, history, parameters: (folder, extension) => [DATABASE, folder, extension] };
}
