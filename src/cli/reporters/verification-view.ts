import { counted, printable } from "../../base/printable.ts";
import type { VerificationReport } from "../../features/verification/verify-database.ts";
import type { CommandResult } from "../results.ts";
import { brief, duration, type Style } from "../style.ts";

/** What each check says of the data, with the rows that are wrong below it. */
export function verificationLines(
  { database, report }: Extract<CommandResult, { kind: "verify" }>,
  style: Style,
): string[] {
  const verdict = (lines: readonly string[]) =>
    lines.length === 0 ? style.green("passed") : style.red("failed");
  return [
    `verifying ${printable(database)}`,
    ...report.verified.flatMap(({ version, description, isChanged, violations }) => [
      `${verdict(violations)}  ${version}  ${brief(description)}${isChanged ? style.dim("  (changed since)") : ""}`,
      ...violations.map((line) => `  ${brief(line)}`),
    ]),
    `${verdict(report.integrity)}  integrity`,
    ...report.integrity.map((line) => `  ${brief(line)}`),
    `${verdict(report.foreignKeys)}  foreign keys`,
    ...report.foreignKeys.map((line) => `  ${brief(line)}`),
    summary(report),
  ];
}

function summary({ verified, without, isSound, durationMs }: VerificationReport): string {
  const checked = `${counted(verified.length, "migration")} with a verify${without === 0 ? "" : `, ${without} without`}`;
  return `${isSound ? "all is well" : "something is wrong"}: ${checked}, in ${duration(durationMs)}`;
}

export function describeVerification(report: VerificationReport): Record<string, unknown> {
  const { verified, without, integrity, foreignKeys, durationMs } = report;
  return {
    verified: verified.map(({ version, description, file, violations }) => ({
      version,
      description,
      file,
      result: violations.length === 0 ? "passed" : "failed",
      violations,
    })),
    without_verify: without,
    integrity,
    foreign_keys: foreignKeys,
    duration_ms: durationMs,
  };
}
