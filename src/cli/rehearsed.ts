import type { RunRequest } from "../engine/planner.ts";
import type { RunSubject } from "../engine/run-subject.ts";
import type { CommandResult } from "./results.ts";

/** Carries a command out on a copy. */
export async function rehearsed(
  subject: RunSubject,
  command: "migrate" | "rollback",
  request: RunRequest,
): Promise<CommandResult> {
  const { rehearse } = await import("../features/rehearsal/rehearse.ts");
  const report = await rehearse(subject, request);
  return { kind: "rehearsal", command, database: subject.database.name, report };
}
