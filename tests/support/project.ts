import { Database } from "bun:sqlite";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { accessTarget } from "../../src/databases/open-database.ts";
import type { RunEvent } from "../../src/engine/events.ts";
import { MigrationManager } from "../../src/engine/migration-manager.ts";
import type { PlanRequest } from "../../src/engine/plan.ts";
import type { RunRequest } from "../../src/engine/planner.ts";
import { type RunResult, runPlan } from "../../src/engine/run-plan.ts";
import { type ManagerOptions, type RunSubject, subjectOf } from "../../src/engine/run-subject.ts";
import { FolderSource } from "../../src/migrations/folder-source.ts";
import type { MigrationSource } from "../../src/migrations/migration.ts";
import { FakeClock } from "./fake-clock.ts";
import { v } from "./intent.ts";
import { TempDir } from "./temp-dir.ts";

type Value = string | number | null;

/** A folder of migrations and a database of its own, real files both, and what a run on them told. */
export class Project implements Disposable {
  readonly root = new TempDir();
  readonly folder = this.root.join("migrations");
  readonly path = this.root.join("app.db");
  readonly clock = new FakeClock();
  readonly events: RunEvent[] = [];
  /** Called with every event, as it is told. */
  onEvent: (event: RunEvent) => void = () => {};

  constructor() {
    mkdirSync(this.folder);
  }

  [Symbol.dispose](): void {
    this.root[Symbol.dispose]();
  }

  /** Writes `<version>_step_<n>.<kind>`. @returns its path, as failures name it. */
  write(n: number, text: string, kind = "sql"): string {
    const file = this.file(n, kind);
    writeFileSync(file, text);
    return file;
  }

  /** An SQL migration with an `up`, and a `down` unless it is null. */
  sql(n: number, up: string, down: string | null = null, head = ""): string {
    return this.write(n, `${head}-- up\n${up}\n${down === null ? "" : `\n-- down\n${down}\n`}`);
  }

  /** Migrations that make and drop the tables t1, t2, … */
  tables(...numbers: readonly number[]): void {
    for (const n of numbers) this.sql(n, `CREATE TABLE t${n} (id INTEGER PRIMARY KEY);`, `DROP TABLE t${n};`);
  }

  remove(n: number, kind = "sql"): void {
    rmSync(this.file(n, kind));
  }

  file(n: number, kind = "sql"): string {
    return join(this.folder, `${v(n)}_step_${n}.${kind}`);
  }

  manager(options: ManagerOptions = {}): MigrationManager {
    return new MigrationManager(this.path, this.folder, { onEvent: this.listen, ...options });
  }

  /** The same, with a clock that stands still. */
  subject(options: ManagerOptions = {}, source: MigrationSource = new FolderSource(this.folder)): RunSubject {
    const subject = subjectOf(accessTarget({ kind: "sqlite", path: this.path }), source, {
      onEvent: this.listen,
      ...options,
    });
    return { ...subject, settings: { ...subject.settings, clock: this.clock } };
  }

  run(
    plan: PlanRequest = { kind: "migrate" },
    options: ManagerOptions = {},
    request: Omit<RunRequest, "plan"> = {},
  ): Promise<RunResult> {
    return runPlan(this.subject(options), { plan, ...request });
  }

  exists(): boolean {
    return existsSync(this.path);
  }

  /** Runs a script on the database over a connection of its own, making the file if there is none. */
  exec(sql: string): void {
    using db = new Database(this.path);
    db.run(sql);
  }

  query<R>(sql: string, ...values: Value[]): R[] {
    using db = new Database(this.path, { readwrite: true, create: false });
    return db.query(sql).all(...values) as R[];
  }

  /** The first column of every row. */
  column(sql: string, ...values: Value[]): unknown[] {
    using db = new Database(this.path, { readwrite: true, create: false });
    return db
      .query(sql)
      .values(...values)
      .map(([value]) => value);
  }

  /** The numbers of the migrations in the history. */
  applied(): number[] {
    if (this.column("SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'").length === 0) return [];
    return this.column("SELECT version FROM schema_migrations ORDER BY version").map((version) =>
      Number(String(version).slice(-2)),
    );
  }

  /** The names of the tables, the history and SQLite's own left out. */
  tableNames(): unknown[] {
    return this.column(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'schema_migrations%' AND name NOT LIKE 'sqlite_%' ORDER BY name",
    );
  }

  /** What was told, as words: `migration-applied 2`. */
  told(...kinds: readonly RunEvent["kind"][]): string[] {
    return this.events
      .filter(({ kind }) => kinds.length === 0 || kinds.includes(kind))
      .map((event) =>
        "migration" in event ? `${event.kind} ${Number(event.migration.version.slice(-2))}` : event.kind,
      );
  }

  notes(): { line: number | null; message: string }[] {
    return this.events.flatMap((event) =>
      event.kind === "note" ? [{ line: event.line, message: event.message }] : [],
    );
  }

  readonly listen = (event: RunEvent): void => {
    this.events.push(event);
    this.onEvent(event);
  };
}
