import { GodwitError } from "../../base/failure.ts";
import { printable } from "../../base/printable.ts";
import type { Connection } from "../../databases/connection.ts";
import { describeMismatch, describeViolation } from "../../databases/foreign-key-report.ts";
import { readAhead } from "../../databases/sqlite/process-beside.ts";
import { CodeSql } from "../../engine/code-sql.ts";
import { labelOf } from "../../engine/events.ts";
import { readAll, requireReadable } from "../../engine/planner.ts";
import { mayVerifyByCode, prepareVerify, type Work } from "../../engine/prepare.ts";
import { readHistory, withConnection } from "../../engine/run-plan.ts";
import type { RunSubject } from "../../engine/run-subject.ts";
import { computeState } from "../../engine/state.ts";
import { codeToolsFor, runVerify } from "../../engine/work.ts";
import type { Migration } from "../../migrations/migration.ts";

/** What the `verify` of one applied migration says of the present data. */
interface VerifiedMigration {
  readonly version: string;
  readonly description: string;
  readonly file: string;
  readonly isChanged: boolean;
  /** Empty where all is well. */
  readonly violations: readonly string[];
}

export interface VerificationReport {
  readonly verified: readonly VerifiedMigration[];
  /** Applied migrations that have no `verify`, or no file any more. */
  readonly without: number;
  /** What SQLite's integrity_check complains of. */
  readonly integrity: readonly string[];
  /** Rows that point nowhere, and keys that cannot be checked. */
  readonly foreignKeys: readonly string[];
  readonly isSound: boolean;
  readonly durationMs: number;
}

interface Verifiable {
  readonly migration: Migration;
  readonly isChanged: boolean;
  readonly work: Work;
}

/**
 * Runs the `verify` parts of all applied migrations on the present data, and SQLite's own checks, all at one moment. Writes nothing.
 * @throws GodwitError what a file is refused for, or the failure of the database
 */
export async function verifyDatabase(subject: RunSubject): Promise<VerificationReport> {
  const { database, source, settings } = subject;
  const start = settings.clock.elapsed();
  const migrations = readAll(source);
  requireReadable(migrations);
  if (!database.exists()) {
    throw new GodwitError("DATABASE_NOT_FOUND", `there is no database ${database.name}`, {
      hint: "check the path",
    });
  }
  await readAhead(database.name);
  return withConnection(database, "read", async (connection) => {
    // Reading all of one moment keeps a writer in a rollback journal waiting, as any reader does.
    await connection!.run("BEGIN");
    const history = await readHistory(connection!, settings);
    const applied = computeState(migrations, history).filter(({ record }) => record !== null);
    const verifiable = await allVerifiable(subject, applied);
    const verified: VerifiedMigration[] = [];
    for (const one of verifiable) verified.push(await verifyOne(subject, connection!, one));
    const integrity = (await connection!.checkIntegrity()).map(printable);
    const { violations, mismatches } = await connection!.checkForeignKeys();
    const foreignKeys = [...mismatches.map(describeMismatch), ...violations.map(describeViolation)].map(
      printable,
    );
    await connection!.run("ROLLBACK");
    const failed = verified.some((one) => one.violations.length > 0);
    return {
      verified,
      without: applied.length - verified.length,
      integrity,
      foreignKeys,
      isSound: !failed && integrity.length === 0 && foreignKeys.length === 0,
      durationMs: Math.round(settings.clock.elapsed() - start),
    };
  });
}

async function allVerifiable(
  { source, settings }: RunSubject,
  applied: ReturnType<typeof computeState>,
): Promise<readonly Verifiable[]> {
  const found: Verifiable[] = [];
  for (const { migration, state } of applied) {
    if (migration === null) continue;
    const imported = mayVerifyByCode(migration) ? migration : undefined;
    const work = await settings.guard(() => prepareVerify(source, migration), imported);
    if (work !== null) found.push({ migration, isChanged: state === "changed", work });
  }
  return found;
}

async function verifyOne(
  { settings }: RunSubject,
  connection: Connection,
  { migration, isChanged, work }: Verifiable,
): Promise<VerifiedMigration> {
  const { emit, guard } = settings;
  const label = labelOf({ migration, direction: "up", isChanged });
  const { version, description, file } = label;
  emit({ kind: "migration-started", migration: label, index: 1, total: 1 });
  // Also in a file that has none of its own: what ended this transaction would let the rest look at another moment.
  const codeSql = new CodeSql({ ...migration, transactional: true }, settings);
  const context = {
    ...{ connection, migration, guard },
    codeTools: () => codeToolsFor(label, settings),
    checks: { codeSql, onReshape: () => {} },
  };
  try {
    await runVerify(work, context);
    return { version, description, file, isChanged, violations: [] };
  } catch (error) {
    if (!(error instanceof GodwitError) || NOT_THE_DATA.has(error.code)) throw error;
    const words = error.code === "VERIFY_FAILED" ? error.message : `error[${error.code}] ${error.message}`;
    const violations = error.details.length > 0 ? error.details : [words];
    return { version, description, file, isChanged, violations };
  } finally {
    await connection.setQueryOnly(true);
  }
}

/** What says nothing of a migration's rows. */
const NOT_THE_DATA: ReadonlySet<string> = new Set([
  "DATABASE_CORRUPT",
  "DATABASE_BUSY",
  "DATABASE_FAILED",
  "DATABASE_REPLACED",
]);
