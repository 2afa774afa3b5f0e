/// <reference path="./migrations/sql-text.d.ts" />
export type { FailureCode, Outcome } from "./base/failure.ts";
export { GodwitError } from "./base/failure.ts";
export type { SourceLocation } from "./base/source-text.ts";
export type { DatabasePragmas } from "./databases/sqlite/pragmas.ts";
export type { FinishedStep, MigrationLabel, RunEvent } from "./engine/events.ts";
export type { MarkedMigration } from "./engine/mark.ts";
export type {
  CompletedMigration,
  MigrateOptions,
  RollbackOptions,
} from "./engine/migration-manager.ts";
export { MigrationManager } from "./engine/migration-manager.ts";
export type { MigrationStatus } from "./engine/migration-status.ts";
export type { Allowances } from "./engine/plan.ts";
export type { ManagerOptions } from "./engine/run-subject.ts";
export type { MigrationState } from "./engine/state.ts";
export type { InitOptions } from "./features/startup/init-database.ts";
export { initDatabase } from "./features/startup/init-database.ts";
export type { EmbeddedMigrations } from "./migrations/carried-source.ts";
export type { MigrationContext, MigrationSource } from "./migrations/migration.ts";
