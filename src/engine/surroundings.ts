import { GodwitError } from "../base/failure.ts";
import { locateFile } from "../base/source-text.ts";
import type { Connection, SessionSettings } from "../databases/connection.ts";
import type { HistoryTable } from "../history/history-table.ts";
import type { Migration } from "../migrations/migration.ts";
import type { PreparedStep } from "./prepare.ts";

/**
 * What a step must leave as it was for the next one: the connection's settings, which outlive the file that set them (one run and two runs
 * would give different databases), and the history, which is godwit's to write. Looked at only where the file speaks of either.
 */
export class Surroundings {
  private readonly migration: Migration;
  private readonly connection: Connection;
  private readonly history: HistoryTable;
  private readonly settings: SessionSettings | null;
  private readonly versions: string | null;

  private constructor(
    migration: Migration,
    parts: {
      connection: Connection;
      history: HistoryTable;
      settings: SessionSettings | null;
      versions: string | null;
    },
  ) {
    this.migration = migration;
    this.connection = parts.connection;
    this.history = parts.history;
    this.settings = parts.settings;
    this.versions = parts.versions;
  }

  /** Whether the file speaks of either. */
  static concern({ migration }: PreparedStep, history: HistoryTable): boolean {
    const text = textOf(migration);
    return SETTING.test(text) || history.mention.test(text);
  }

  static async before(
    { migration }: PreparedStep,
    connection: Connection,
    history: HistoryTable,
  ): Promise<Surroundings> {
    const text = textOf(migration);
    const settings = SETTING.test(text) ? await connection.sessionSettings() : null;
    const versions = history.mention.test(text) ? await versionsIn(history) : null;
    return new Surroundings(migration, { connection, history, settings, versions });
  }

  /** @throws GodwitError MIGRATION_FAILED if the step has changed the history. */
  async restore(): Promise<void> {
    if (this.settings !== null) await this.connection.restoreSettings(this.settings);
    if (this.versions === null || (await this.versionsNow()) === this.versions) return;
    throw new GodwitError(
      "MIGRATION_FAILED",
      `${this.migration.version} changes the history, which is godwit's to write`,
      {
        location: locateFile(this.migration.file),
        hint: `leave ${this.history.table} alone; record or forget a migration with: godwit mark`,
      },
    );
  }

  /** Null where the table is no longer one that godwit would touch. */
  private async versionsNow(): Promise<string | null> {
    try {
      return await versionsIn(this.history);
    } catch (error) {
      if (error instanceof GodwitError) return null;
      throw error;
    }
  }
}

const SETTING = /pragma/i;

function textOf({ body }: Migration): string {
  return body.kind === "sql" || body.kind === "code" ? body.text : "";
}

async function versionsIn(history: HistoryTable): Promise<string> {
  return (await history.read()).applied.map(({ version }) => version).join(" ");
}
