import { readdirSync } from "node:fs";
import { join } from "node:path";
import { MigrationManager } from "../../src/index.ts";
import type { Project } from "./project.ts";

const ROOT = join(import.meta.dir, "..", "..");
export const EXAMPLES = join(ROOT, "migrations");
export const EXAMPLE_FILES = readdirSync(EXAMPLES).sort();

/** The version of the example with this slug. */
export function example(slug: string): string {
  const file = EXAMPLE_FILES.find((name) => name.slice(15).replace(/\.\w+$/, "") === slug);
  if (file === undefined) throw new Error(`no example is called ${slug}`);
  return file.slice(0, 14);
}

export function exampleManager(project: Project): MigrationManager {
  return new MigrationManager(project.path, EXAMPLES);
}

export function seed(project: Project): { exitCode: number; stderr: string } {
  const { exitCode, stderr } = Bun.spawnSync([
    process.execPath,
    join(ROOT, "scripts/seed-demo.ts"),
    project.path,
  ]);
  return { exitCode, stderr: stderr.toString() };
}

/** What a server would write as soon as its tables and columns are there. */
const FILLS: Record<string, (project: Project) => void> = {
  [example("create_logs")](project) {
    const { exitCode, stderr } = seed(project);
    if (exitCode !== 0) throw new Error(stderr);
  },
  [example("add_user_preferences")](project) {
    project.exec(`UPDATE user_preferences SET preferences = '{"theme":"dark"}' WHERE user_id % 3 = 0`);
  },
  [example("add_last_login_ip")](project) {
    project.exec("UPDATE web_users SET last_login_ip = '192.0.2.' || id WHERE id % 2 = 0");
  },
  [example("add_user_sessions")](project) {
    project.exec(
      `INSERT INTO user_sessions (user_id, session_token, expires_at)
       SELECT web_users.id, username || '-' || value, '2027-01-01' FROM web_users, json_each('[1,2]')`,
    );
  },
};

/** Applies every example older than `version`, each followed by its rows. */
export async function reachBefore(version: string, project: Project): Promise<void> {
  for (const file of EXAMPLE_FILES) {
    const older = file.slice(0, 14);
    if (older >= version) return;
    await exampleManager(project).migrate({ to: older });
    FILLS[older]?.(project);
  }
}
