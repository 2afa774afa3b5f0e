import { counted, printable } from "../../base/printable.ts";
import type { TestedMigration, TestReport } from "../../features/round-trip/test-migrations.ts";
import type { CommandResult } from "../results.ts";
import { brief, duration, type Style } from "../style.ts";

const WORDS: Record<TestedMigration["result"], string> = {
  passed: "passed      ",
  failed: "failed      ",
  irreversible: "irreversible",
  not_tested: "not tested  ",
};

/** What came of each migration, with what was found below it. */
export function testLines(
  { database, report }: Extract<CommandResult, { kind: "test" }>,
  style: Style,
): string[] {
  const { tested, isOnCopy } = report;
  if (tested.length === 0)
    return [`nothing is pending in ${printable(database)}; try all from nothing with --all`];
  return [
    isOnCopy ? `testing on a copy of ${printable(database)}` : "testing from nothing",
    ...tested.flatMap((migration) => migrationLines(migration, style)),
    summary(report),
  ];
}

function migrationLines(migration: TestedMigration, style: Style): string[] {
  const { version, description, result, findings, warnings } = migration;
  const paint = { passed: style.green, failed: style.red, irreversible: style.yellow, not_tested: style.dim }[
    result
  ];
  return [
    `${paint(WORDS[result])}  ${version}  ${brief(description)}`,
    ...findings.flatMap((text) => indented(text)),
    ...warnings.flatMap((text) => indented(`warning: ${text}`)),
  ];
}

function indented(text: string): string[] {
  return text.split("\n").map((line) => `  ${printable(line)}`);
}

function summary({ tested, durationMs }: TestReport): string {
  const results: readonly [TestedMigration["result"], string][] = [
    ["passed", "passed"],
    ["failed", "failed"],
    ["irreversible", "irreversible"],
    ["not_tested", "not tested"],
  ];
  const counts = results
    .map(
      ([result, word]) => [tested.filter((migration) => migration.result === result).length, word] as const,
    )
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`);
  return `${counted(tested.length, "migration")}: ${counts.join(", ")} in ${duration(durationMs)}`;
}

export function describeTest({ tested, isOnCopy, durationMs }: TestReport): Record<string, unknown> {
  const count = (result: TestedMigration["result"]) =>
    tested.filter((migration) => migration.result === result).length;
  return {
    from_nothing: !isOnCopy,
    tested,
    summary: {
      passed: count("passed"),
      failed: count("failed"),
      irreversible: count("irreversible"),
      not_tested: count("not_tested"),
    },
    duration_ms: durationMs,
  };
}
