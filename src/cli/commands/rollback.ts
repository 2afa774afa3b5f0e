import { GodwitError } from "../../base/failure.ts";
import { counted, printable } from "../../base/printable.ts";
import type { PlanRequest, Step } from "../../engine/plan.ts";
import { previewPlan, runPlan } from "../../engine/run-plan.ts";
import type { RunSubject } from "../../engine/run-subject.ts";
import { descriptionOf } from "../../migrations/migration.ts";
import type { CommandContext } from "../command-context.ts";
import { requireYes } from "../prompts.ts";
import { rehearsed } from "../rehearsed.ts";
import type { CommandResult } from "../results.ts";
import { brief } from "../style.ts";

export async function rollback(context: CommandContext): Promise<CommandResult> {
  context.refuseTogether("to", "steps", "all");
  const plan: PlanRequest = {
    kind: "rollback",
    to: context.version("to"),
    steps: context.count("steps"),
    all: context.isSet("all"),
  };
  const subject = context.subject();
  if (context.isSet("dry-run")) return rehearsed(subject, "rollback", { plan });
  const agreed = context.isSet("yes") ? undefined : await agree(context, subject, plan);
  const result = await runPlan(subject, { plan, agreed });
  return { kind: "rollback", database: subject.database.name, result };
}

/** At a terminal every rollback is shown and asked about; without one, only `--all` needs to be told yes. */
async function agree(
  context: CommandContext,
  subject: RunSubject,
  plan: PlanRequest,
): Promise<readonly Step[] | undefined> {
  if (context.isInteractive) {
    const steps = await previewPlan(subject, plan);
    if (steps.length > 0) await requireYes(question(subject.database.name, steps));
    return steps;
  }
  if (!context.isSet("all")) return undefined;
  throw new GodwitError(
    "CONFIRMATION_REQUIRED",
    "rollback --all undoes every migration and wants to be told so",
    {
      hint: "add --yes",
    },
  );
}

function question(database: string, steps: readonly Step[]): string {
  const rows = steps.map(({ migration }) => `  ${migration.version}  ${brief(descriptionOf(migration))}`);
  return `Undo ${counted(steps.length, "migration")} in ${printable(database)}?\n${rows.join("\n")}`;
}
