/** The text of a new SQL migration. */
export function sqlTemplate(description: string): string {
  return `-- Description: ${description}

-- up


-- down

`;
}

/** The text of a new TypeScript migration. It throws until it is written, so that an empty one is never taken for applied. */
export function codeTemplate(description: string): string {
  return `/**
 * Description: ${description.replaceAll("*/", "* /")}
 */
import type { Database } from "bun:sqlite";

/** Applies the migration. It runs in a transaction of godwit's: no BEGIN, no COMMIT. */
export function up(db: Database): void {
  // db.run("ALTER TABLE users ADD COLUMN email TEXT");
  throw new Error("up is not written yet");
}

/** Takes it back. Remove it if there is no way back. */
export function down(db: Database): void {
  // db.run("ALTER TABLE users DROP COLUMN email");
  throw new Error("down is not written yet");
}
`;
}
