import type { MarkedMigration } from "../engine/mark.ts";
import type { StatusReport } from "../engine/migration-status.ts";
import type { RunResult } from "../engine/run-plan.ts";
import type { ListedBackup } from "../features/backup/list-backups.ts";
import type { RestoreResult } from "../features/backup/restore.ts";
import type { CreatedMigration } from "../features/create/create-migration.ts";
import type { RestorePoint } from "../history/restore-points.ts";

/** What a command found or did, for a reporter to show. */
export type CommandResult =
  | {
      readonly kind: "status";
      readonly database: string;
      readonly folder: string;
      readonly report: StatusReport;
      readonly isCheck: boolean;
    }
  | {
      readonly kind: "migrate" | "rollback" | "redo";
      readonly database: string;
      readonly result: RunResult;
      /** The version that was asked to be the newest applied. */
      readonly to?: string | undefined;
    }
  | { readonly kind: "create"; readonly migration: CreatedMigration }
  | { readonly kind: "mark"; readonly database: string; readonly marked: readonly MarkedMigration[] }
  | { readonly kind: "backup"; readonly database: string; readonly restorePoint: RestorePoint }
  | {
      readonly kind: "backup-list";
      readonly database: string;
      readonly folder: string;
      readonly now: Date;
      readonly listed: readonly ListedBackup[];
    }
  | { readonly kind: "restore"; readonly database: string; readonly result: RestoreResult }
  | { readonly kind: "version"; readonly godwit: string; readonly bun: string; readonly sqlite: string }
  | { readonly kind: "help"; readonly text: string };

/** 0, or 1 where a check found something. */
export function exitCodeOf(result: CommandResult): number {
  return result.kind === "status" && result.isCheck && !result.report.isSound ? 1 : 0;
}
