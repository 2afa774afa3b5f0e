import type { GodwitError } from "../../base/failure.ts";
import { GODWIT_VERSION } from "../../base/godwit-version.ts";
import { stringify } from "../../base/json.ts";
import { printable } from "../../base/printable.ts";
import type { FinishedStep, MigrationLabel, RunEvent } from "../../engine/events.ts";
import type { MigrationStatus, StatusReport } from "../../engine/migration-status.ts";
import type { RestorePoint } from "../../history/restore-points.ts";
import type { Output } from "../output.ts";
import { byItsName } from "../program-name.ts";
import type { CommandResult } from "../results.ts";
import type { Versions } from "../versions.ts";
import { describeBundle } from "./bundle-view.ts";
import type { Commentary } from "./commentary.ts";
import { describeEmbedding } from "./embed-view.ts";
import { describeRun } from "./log-view.ts";
import { describeRefusedRehearsal, describeRehearsal } from "./rehearsal-document.ts";
import { dispatch, type EventHandlers, type Reporter } from "./reporter.ts";
import { describeListed, describeRestore, describeRestorePoint } from "./restore-document.ts";
import { describeTest } from "./test-view.ts";
import { describeVerification } from "./verification-view.ts";

/** One document on stdout, whatever happens: snake_case, ISO 8601 UTC, whole milliseconds. */
export class JsonReporter implements Reporter {
  private readonly stdout: Output;
  private readonly isDryRun: boolean;
  private readonly handlers: EventHandlers;
  private command = "";
  private database: string | null = null;
  private created = false;
  private restorePoint: RestorePoint | null = null;
  private readonly done: FinishedStep[] = [];
  private readonly start = performance.now();

  /** @param commentary null where nothing but errors is wanted */
  constructor(stdout: Output, commentary: Commentary | null, { isDryRun = false } = {}) {
    this.stdout = stdout;
    this.isDryRun = isDryRun;
    const done = ({ migration, executionTimeMs }: { migration: MigrationLabel; executionTimeMs: number }) =>
      void this.done.push({ ...migration, executionTimeMs });
    this.handlers = {
      ...(commentary?.handlers ?? SILENT),
      "database-creating": () => {
        this.created = true;
      },
      "backup-created": ({ restorePoint }) => {
        this.restorePoint = restorePoint;
      },
      "backup-removed": () => {
        this.restorePoint = null;
      },
      "migration-applied": done,
      "migration-rolled-back": done,
      "plan-ready": ignore,
      "migration-started": ignore,
      "migration-failed": ignore,
      "run-finished": ignore,
    };
  }

  begin(command: string, database: string | null): void {
    this.command = command;
    this.database = database;
  }

  event(event: RunEvent): void {
    dispatch(this.handlers, event);
  }

  finish(result: CommandResult): void {
    this.print(this.bodyOf(result));
  }

  fail(error: GodwitError): void {
    this.print({ ...this.emptyBody(), error: describeError(error) });
  }

  private bodyOf(result: CommandResult): Record<string, unknown> {
    switch (result.kind) {
      case "status":
        return {
          ...statusBody(result.report),
          runtime: describeRuntime(result.versions),
          ...(result.manifest === null ? {} : { manifest: result.manifest }),
        };
      case "migrate":
      case "rollback":
      case "redo":
        return this.runBody(result.kind, result.result.created, result.result.durationMs);
      case "exec":
        return this.runBody("migrate", result.result.created, result.result.durationMs);
      case "mark":
        return { marked: result.marked };
      case "create": {
        const { version, description, kind, file } = result.migration;
        return { version, description, kind, file };
      }
      case "rehearsal": {
        const { failure } = result.report;
        return {
          ...describeRehearsal(result.command, result.report),
          ...(failure === null ? {} : { error: describeError(failure) }),
        };
      }
      case "test":
        return describeTest(result.report);
      case "verify":
        return describeVerification(result.report);
      case "log":
        return { runs: result.runs.map(describeRun) };
      case "backup":
        return { backup: describeRestorePoint(result.restorePoint), duration_ms: this.elapsed() };
      case "backup-list":
        return { restore_points: result.listed.map(describeListed) };
      case "restore":
        return describeRestore(result.result);
      case "bundle":
        return describeBundle(result.bundle, result.durationMs);
      case "embed":
        return describeEmbedding(result.embedding, result.isCheck);
      case "complete":
        return { lines: result.lines };
      case "version":
        return describeRuntime(result);
      case "help":
        return { help: result.text };
    }
  }

  /** What the command's document holds when it failed: only what is committed. */
  private emptyBody(): Record<string, unknown> {
    switch (this.command) {
      case "status":
        return {
          migrations: [],
          summary: { applied: 0, pending: 0, out_of_order: 0, changed: 0, missing: 0, incomplete: 0 },
          last_failure: null,
        };
      case "migrate":
      case "rollback":
        if (this.isDryRun) return describeRefusedRehearsal(this.command, this.elapsed());
        return this.runBody(this.command, this.created, this.elapsed());
      case "exec":
        return this.runBody("migrate", this.created, this.elapsed());
      case "redo":
        return this.runBody(this.command, this.created, this.elapsed());
      case "mark":
        return { marked: [] };
      case "verify":
        return {
          verified: [],
          without_verify: 0,
          integrity: [],
          foreign_keys: [],
          duration_ms: this.elapsed(),
        };
      case "log":
        return { runs: [] };
      case "test":
        return { tested: [], duration_ms: this.elapsed() };
      case "backup":
        return { backup: null, duration_ms: this.elapsed() };
      case "restore":
        return { restored: null, backup: this.backup(), duration_ms: this.elapsed() };
      default:
        return {};
    }
  }

  private backup(): Record<string, unknown> | null {
    return this.restorePoint === null ? null : describeRestorePoint(this.restorePoint);
  }

  private elapsed(): number {
    return Math.round(performance.now() - this.start);
  }

  private runBody(
    command: "migrate" | "rollback" | "redo",
    created: boolean,
    durationMs: number,
  ): Record<string, unknown> {
    const applied = this.done.filter(({ direction }) => direction === "up").map(describeStep);
    const rolledBack = this.done.filter(({ direction }) => direction === "down").map(describeStep);
    return {
      ...(command === "migrate" ? { created } : {}),
      ...(command === "redo" ? {} : { dry_run: false }),
      ...(command === "migrate" ? {} : { rolled_back: rolledBack }),
      ...(command === "rollback" ? {} : { applied }),
      backup: this.backup(),
      duration_ms: durationMs,
    };
  }

  private print(body: Record<string, unknown>): void {
    const database =
      this.database === null && !WORKS_ON_DATABASE.has(this.command) ? {} : { database: this.database };
    // In JSON an escape is the same text: where a document is shown at a terminal, it moves no cursor and reorders nothing.
    this.stdout.line(printable(stringify({ godwit: GODWIT_VERSION, ...database, ...body })));
  }
}

function describeRuntime({ bun, sqlite, sqliteSource }: Versions): Record<string, unknown> {
  return { bun, sqlite, sqlite_source: sqliteSource };
}

function describeError(error: GodwitError): Record<string, unknown> {
  const { code, message, location, hint, outcome, details } = error;
  const place =
    location === undefined ? null : { file: location.file, line: location.line, column: location.column };
  return {
    code,
    message,
    location: place,
    hint: hint === undefined ? null : byItsName(hint),
    outcome,
    details,
  };
}

const ignore = () => {};
const SILENT = {
  "lock-waiting": ignore,
  note: ignore,
  "backup-started": ignore,
  "backup-progress": ignore,
  "restore-started": ignore,
  "restore-progress": ignore,
  "migration-log": ignore,
  "migration-progress": ignore,
  "migration-running": ignore,
};

/** Commands whose document names the database, or null where none is known. */
const WORKS_ON_DATABASE = new Set([
  "status",
  "migrate",
  "exec",
  "rollback",
  "redo",
  "mark",
  "test",
  "backup",
  "restore",
  "log",
  "verify",
]);

function statusBody({ migrations, summary, lastFailure }: StatusReport): Record<string, unknown> {
  return {
    migrations: migrations.map(describe),
    summary,
    last_failure: lastFailure === null ? null : describeRun(lastFailure),
  };
}

function describe(migration: MigrationStatus): Record<string, unknown> {
  const { version, description, state, kind, file, reversible, appliedAt, executionTimeMs } = migration;
  return {
    version,
    description,
    state,
    kind,
    file,
    reversible,
    applied_at: appliedAt,
    execution_time_ms: executionTimeMs,
  };
}

function describeStep({ version, description, executionTimeMs }: FinishedStep): Record<string, unknown> {
  return { version, description, execution_time_ms: executionTimeMs };
}
