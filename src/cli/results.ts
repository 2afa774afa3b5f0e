import type { MarkedMigration } from "../engine/mark.ts";
import type { StatusReport } from "../engine/migration-status.ts";
import type { RunResult } from "../engine/run-plan.ts";
import type { ListedBackup } from "../features/backup/list-backups.ts";
import type { RestoreResult } from "../features/backup/restore.ts";
import type { Bundle } from "../features/bundle/make-bundle.ts";
import type { CreatedMigration } from "../features/create/create-migration.ts";
import type { Embedding } from "../features/embed/embed-migrations.ts";
import type { RehearsalReport } from "../features/rehearsal/rehearse.ts";
import type { TestReport } from "../features/round-trip/test-migrations.ts";
import type { VerificationReport } from "../features/verification/verify-database.ts";
import type { RestorePoint } from "../history/restore-points.ts";
import type { ShownRun } from "./reporters/log-view.ts";
import type { Manifest } from "./sealed.ts";
import type { Successor } from "./successor.ts";
import type { Versions } from "./versions.ts";

/** What a command found or did, for a reporter to show. */
export type CommandResult =
  | {
      readonly kind: "status";
      readonly database: string;
      readonly folder: string;
      readonly report: StatusReport;
      readonly isCheck: boolean;
      readonly versions: Versions;
      /** Of an executable that carries its migrations. */
      readonly manifest: Manifest | null;
    }
  | {
      readonly kind: "migrate" | "rollback" | "redo";
      readonly database: string;
      readonly result: RunResult;
      /** The version that was asked to be the newest applied. */
      readonly to?: string | undefined;
    }
  | {
      readonly kind: "exec";
      readonly database: string;
      readonly result: RunResult;
      readonly to?: string | undefined;
      readonly successor: Successor;
    }
  | { readonly kind: "create"; readonly migration: CreatedMigration }
  | { readonly kind: "mark"; readonly database: string; readonly marked: readonly MarkedMigration[] }
  | {
      readonly kind: "rehearsal";
      readonly command: "migrate" | "rollback";
      readonly database: string;
      readonly report: RehearsalReport;
    }
  | { readonly kind: "test"; readonly database: string; readonly report: TestReport }
  | { readonly kind: "verify"; readonly database: string; readonly report: VerificationReport }
  | {
      readonly kind: "log";
      readonly database: string;
      /** Newest first. */
      readonly runs: readonly ShownRun[];
      /** How many there are. */
      readonly total: number;
    }
  | { readonly kind: "backup"; readonly database: string; readonly restorePoint: RestorePoint }
  | {
      readonly kind: "backup-list";
      readonly database: string;
      readonly folder: string;
      readonly now: Date;
      readonly listed: readonly ListedBackup[];
    }
  | { readonly kind: "restore"; readonly database: string; readonly result: RestoreResult }
  | { readonly kind: "bundle"; readonly bundle: Bundle; readonly durationMs: number }
  | { readonly kind: "embed"; readonly embedding: Embedding; readonly isCheck: boolean }
  | { readonly kind: "complete"; readonly lines: readonly string[] }
  | ({ readonly kind: "version" } & Versions)
  | { readonly kind: "help"; readonly text: string };

/** 0, or 1 where a check found something; what a rehearsed run would fail with. */
export function exitCodeOf(result: CommandResult): number {
  if (result.kind === "rehearsal") return rehearsedExitCode(result.report);
  if (result.kind === "verify") return result.report.isSound ? 0 : 1;
  if (result.kind === "test") return result.report.tested.some(({ result: one }) => one === "failed") ? 1 : 0;
  if (result.kind === "embed") return result.isCheck && result.embedding.wasStale ? 1 : 0;
  return result.kind === "status" && result.isCheck && !result.report.isSound ? 1 : 0;
}

/** A step that ran and was refused half-way is none of the refusals of exit 3: in the run itself it is rolled back, and exits 4. */
function rehearsedExitCode({ failure }: RehearsalReport): number {
  return failure === null ? 0 : Math.max(failure.exitCode, 4);
}
