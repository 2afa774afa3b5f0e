import { Database } from "bun:sqlite";
import { MigrationManager } from "../../src/engine/migration-manager.ts";
import type { Project } from "./project.ts";

/** Told each statement before it is run; what it returns is run in its place. */
export type Meddling = (sql: string, run: (sql: string) => void) => string;

/** A server's own handle, which something else in the server uses as well. The first migration makes the history, so that the others can be run together. */
export async function meddled<T>(
  project: Project,
  meddle: Meddling,
  act: (manager: MigrationManager) => Promise<T>,
): Promise<T> {
  const db = new Database(project.path);
  const run = (sql: string) => void Database.prototype.run.call(db, sql);
  Object.assign(db, { run: (sql: string) => run(meddle(sql, run)) });
  try {
    return await act(new MigrationManager(db, project.folder, { onEvent: project.listen }));
  } finally {
    db.close();
  }
}
