import { resolve } from "node:path";
import { v } from "../support/intent.ts";
import { runProcess } from "../support/run-godwit.ts";
import { KEYS, Terminal } from "../support/terminal.ts";
import { failureAt, type Sample } from "./sample.ts";

const SOURCE = resolve(import.meta.dir, "../../src");

/** A command line, settings or a terminal that godwit cannot work with. */
export const USAGE_SAMPLES = {
  UNKNOWN_COMMAND: (project) => project.godwit("migarte"),
  UNKNOWN_FLAG: (project) => project.godwit("migrate", "--stesp", "1"),
  MISSING_VALUE: (project) => project.godwit("migrate", "--db"),
  MISSING_ARGUMENT: (project) => project.godwit("create"),
  UNEXPECTED_ARGUMENT: (project) => project.godwit("create", "add", "email"),
  CONFLICTING_FLAGS: (project) => project.godwit("--db", "a.db", "migrate", "--db", "b.db"),
  INVALID_VALUE: (project) => project.godwit("migrate", "--db", "app.db", "--steps", "0"),
  CONFIG_INVALID: (project) => {
    project.root.write("godwit.toml", 'db = "app.db"\ndri = "migrations"\n');
    return project.godwit("status");
  },
  DATABASE_NOT_NAMED: (project) => project.godwit("status"),
  DATABASE_URL_INVALID: (project) => project.godwit("status", "--db", "sqlite:app.db?mode=ro"),
  MIGRATIONS_NOT_FOUND: (project) => project.godwit("status", "--db", "app.db", "--dir", "nowhere"),
  CONFIRMATION_REQUIRED: (project) => project.godwit("rollback", "--all", "--db", "app.db"),
  FILE_NOT_WRITTEN: (project) => {
    project.root.write("file", "");
    return project.godwit("create", "add email", "--dir", "file/migrations");
  },
  COMMAND_NOT_FOUND: (project) => {
    project.tables(1);
    return project.godwit("exec", "--db", "app.db", "--", "./server", "--port", "80");
  },
  BUNDLE_FAILED: (project) => {
    project.tables(1);
    project.root.write("runtime", "none");
    return project.godwit("bundle", "-o", "app-migrate", "--runtime", "runtime");
  },
  SEALED: async (project) => {
    project.tables(1);
    await project.godwit("bundle", "-o", "app-migrate");
    return project.shell('./app-migrate create "add email"');
  },

  OUTPUT_FAILED: async (project) => {
    project.tables(1);
    return project.shell('"$GODWIT" migrate --db app.db > /dev/full');
  },
  CANCELLED: async (project) => {
    using terminal = new Terminal(project.cwd, ["create"]);
    await terminal.shows("What does the migration do?");
    terminal.type(KEYS.cancel);
    return await failureAt(terminal);
  },
  HISTORY_MOVED: async (project) => {
    project.tables(1, 2);
    await project.migrate();
    using terminal = new Terminal(project.cwd, ["rollback", "--db", "app.db"]);
    await terminal.shows("Undo 1 migration");
    project.exec(`DELETE FROM schema_migrations WHERE version = '${v(2)}'`);
    terminal.type("y");
    return await failureAt(terminal);
  },
  /** An environment that throws when it is looked at is nothing that godwit foresees. */
  BUG: (project) => {
    const script = `
      import { CliRun } from ${JSON.stringify(resolve(SOURCE, "cli/run-cli.ts"))};
      const env = new Proxy({}, { get() { throw new TypeError("no environment"); } });
      process.exit(await new CliRun(["status"], env).run());
    `;
    return runProcess([process.execPath, "-e", script], { cwd: project.cwd });
  },
} as const satisfies Record<string, Sample>;
