import { GodwitError } from "../base/failure.ts";
import { parseDatabaseTarget } from "../databases/database-target.ts";
import { accessHandle, accessTarget, type DatabaseAccess } from "../databases/open-database.ts";
import type { Database } from "../databases/sqlite/sqlite-connection.ts";
import type { FinishedStep } from "./events.ts";
import { type MarkedMigration, type MarkRequest, mark } from "./mark.ts";
import { type MigrationStatus, readStatus } from "./migration-status.ts";
import type { Allowances } from "./plan.ts";
import { runPlan } from "./run-plan.ts";
import { type ManagerOptions, type Migrations, type RunSubject, subjectOf } from "./run-subject.ts";

export interface MigrateOptions {
  /** The version that is the newest applied afterwards. */
  readonly to?: string | undefined;
  /** At most so many. */
  readonly steps?: number | undefined;
  readonly allow?: Allowances | undefined;
  /** All that is pending or nothing. */
  readonly atomic?: boolean | undefined;
}

export interface RollbackOptions {
  /** The version that is the newest applied afterwards. */
  readonly to?: string | undefined;
  /** How many to undo; one by default. */
  readonly steps?: number | undefined;
  readonly all?: boolean | undefined;
}

/** A migration that a call applied or rolled back. */
export type CompletedMigration = FinishedStep;

/**
 * Migrations of one database from one source. Every call opens the database (unless it was given a handle) and closes it again.
 * All methods reject with GodwitError, whose `code`, `location` and `outcome` say what happened and where.
 */
export class MigrationManager {
  private readonly subject: RunSubject;

  /**
   * @param database a path, `sqlite:path`, `file:path`, or an open bun:sqlite Database, which is not closed
   * @param migrations the folder, `migrations` by default, embedded migrations, or another source
   */
  constructor(
    database: string | Database,
    migrations: Migrations = "migrations",
    options: ManagerOptions = {},
  ) {
    this.subject = subjectOf(access(database), migrations, options);
  }

  /** All migrations with their states, lowest version first. Writes nothing and makes no file. */
  async getStatus(): Promise<readonly MigrationStatus[]> {
    return (await readStatus(this.subject)).migrations;
  }

  /** Those that `migrate` would apply, out-of-order ones included. */
  async getPendingMigrations(): Promise<readonly MigrationStatus[]> {
    const all = await this.getStatus();
    return all.filter(({ state }) => state === "pending" || state === "out_of_order");
  }

  /** Applies what is pending, making the database if there is none. @returns what was applied, in order. */
  async migrate({ to, steps, allow, atomic }: MigrateOptions = {}): Promise<readonly CompletedMigration[]> {
    requireCount(steps);
    const plan = { kind: "migrate" as const, to, steps, allow: allow ?? {} };
    return (await runPlan(this.subject, { plan, isAtomic: atomic })).done;
  }

  /** Undoes the newest applied. @returns what was rolled back, newest first. */
  async rollback({ to, steps, all }: RollbackOptions = {}): Promise<readonly CompletedMigration[]> {
    requireCount(steps);
    const plan = { kind: "rollback" as const, to, steps, all: all === true };
    return (await runPlan(this.subject, { plan })).done;
  }

  /** Rolls the newest back and applies them again, under one lock. @returns both, in the order they ran. */
  async redo({ steps }: { steps?: number | undefined } = {}): Promise<readonly CompletedMigration[]> {
    requireCount(steps);
    return (await runPlan(this.subject, { plan: { kind: "redo", steps } })).done;
  }

  /** Records or forgets without running. @returns what was changed. */
  mark(
    version: string,
    as: MarkRequest["as"],
    options: { through?: boolean } = {},
  ): Promise<readonly MarkedMigration[]> {
    return mark(this.subject, { version, as, through: options.through });
  }
}

function access(database: string | Database): DatabaseAccess {
  return typeof database === "string" ? accessTarget(parseDatabaseTarget(database)) : accessHandle(database);
}

function requireCount(steps: number | undefined): void {
  if (steps === undefined || (Number.isInteger(steps) && steps > 0)) return;
  throw new GodwitError("INVALID_VALUE", `steps is ${steps}, which is no number of migrations`, {
    hint: "give a whole number from 1 on",
  });
}
