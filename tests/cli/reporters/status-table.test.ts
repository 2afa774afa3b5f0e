import { describe, expect, test } from "bun:test";
import { statusTable } from "../../../src/cli/reporters/status-table.ts";
import { createStyle } from "../../../src/cli/style.ts";
import type { MigrationStatus, StatusReport } from "../../../src/engine/migration-status.ts";
import type { MigrationState } from "../../../src/engine/state.ts";

const STATES: readonly MigrationState[] = [
  "applied",
  "changed",
  "missing",
  "incomplete",
  "out_of_order",
  "pending",
];

function row(version: number, state: MigrationState, description: string): MigrationStatus {
  const isApplied = state !== "pending" && state !== "out_of_order";
  return {
    version: String(20260214120000 + version),
    description,
    state,
    kind: "sql",
    file: `migrations/${version}.sql`,
    reversible: true,
    appliedAt: isApplied ? "2026-02-14T12:00:00Z" : null,
    executionTimeMs: isApplied ? 1234 : null,
  };
}

function report(migrations: readonly MigrationStatus[], exists = true): StatusReport {
  const summary = { applied: 0, pending: 0, out_of_order: 0, changed: 0, missing: 0, incomplete: 0 };
  for (const { state } of migrations) summary[state]++;
  return { exists, migrations, summary, isSound: false, lastFailure: null };
}

function table(migrations: readonly MigrationStatus[], columns: number, isColoured = false): string[] {
  return statusTable("app.db", "migrations", report(migrations), createStyle(isColoured, columns));
}

const EVERY_STATE = STATES.map((state, index) => row(index, state, `Step ${index} that does a thing or two`));
const WIDE = STATES.map((state, index) => row(index, state, "ユーザー設定テーブルを追加する 👩‍🚀 naïve"));

describe("the table", () => {
  test("shows every state, with what to do about it", () => {
    expect(`\n${table(EVERY_STATE, Number.POSITIVE_INFINITY).join("\n")}\n`).toMatchSnapshot();
  });

  test.each([40, 50, 60, 80])("at %d columns", (columns) => {
    expect(`\n${table(WIDE, columns).join("\n")}\n`).toMatchSnapshot();
  });

  test("fits every terminal from 40 columns on, coloured or not", () => {
    const tables = [EVERY_STATE, WIDE, EVERY_STATE.slice(-2), EVERY_STATE.slice(0, 1)];
    for (let columns = 40; columns <= 120; columns++) {
      for (const migrations of tables) {
        for (const line of table(migrations, columns, columns % 2 === 0)) {
          expect(Bun.stringWidth(line)).toBeLessThanOrEqual(columns);
        }
      }
    }
  });

  test("columns line up under wide characters", () => {
    const rows = table(WIDE, 80).slice(3, 7);
    const ends = rows.map((line) => Bun.stringWidth(line.slice(0, line.indexOf("2026-02-14"))));
    expect(new Set(ends).size).toBe(1);
  });

  test("an empty folder and a database that is not there", () => {
    const empty = statusTable("app.db", "migrations", report([], false), createStyle(false, 80));
    expect(empty).toEqual([
      "database    app.db (not there yet)",
      "migrations  migrations",
      "",
      'no migrations yet; write the first with: godwit create "what it does"',
    ]);
  });

  test.each([{ migrations: [] }, { migrations: [row(1, "pending", "a")] }])(
    "the last run is told of where it failed, whatever the folder holds",
    ({ migrations }) => {
      const lastFailure = {
        ...{ id: "1", startedAt: "2026-02-14T12:00:00.000Z", user: "ada", host: "app", pid: 1 },
        ...{ godwit: "0.1.0", command: "restore", end: null },
      };
      const shown = statusTable("a", "b", { ...report(migrations), lastFailure }, createStyle(false, 80));
      expect(shown.slice(-2)).toEqual([
        "",
        "the last run (restore, 2026-02-14 12:00:00) did not end; see: godwit log",
      ]);
    },
  );

  test("text from files and databases cannot move the cursor", () => {
    const text = table([row(1, "pending", "a\u001b[2Jb\nc")], 80).join("\n");
    expect(text).toContain("a\\u001b[2Jb\\u000ac");
  });
});
