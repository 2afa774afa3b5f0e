/**
 * Text of a TypeScript migration that gets hold of the Database behind the handle that it is given, as `real`: what that handle refuses can then be done
 * all the same.
 */
export function pastHandle(statements: string): string {
  return `import { Database } from "bun:sqlite";
export function up(db: Database) {
  const { serialize } = Database.prototype;
  let real!: Database;
  Database.prototype.serialize = function () { real = this; };
  db.serialize();
  Database.prototype.serialize = serialize;
  ${statements}
}
`;
}
