import { runPlan } from "../../engine/run-plan.ts";
import type { CommandContext } from "../command-context.ts";
import { rehearsed } from "../rehearsed.ts";
import { restoringOnFailure } from "../restore-on-failure.ts";
import type { CommandResult } from "../results.ts";

export async function migrate(context: CommandContext): Promise<CommandResult> {
  context.refuseTogether("to", "steps");
  context.refuseTogether("atomic", "commit");
  context.refuseTogether("restore-on-failure", "no-backup");
  const to = context.version("to");
  const steps = context.count("steps");
  const subject = context.subject();
  const allow = {
    changed: context.isSet("allow-changed"),
    missing: context.isSet("allow-missing"),
    outOfOrder: context.isSet("allow-out-of-order"),
  };
  const plan = { kind: "migrate" as const, to, steps, allow };
  const request = {
    plan,
    isAtomic: context.isSet("atomic"),
    mustExist: context.isSet("must-exist"),
    mustHaveFiles: true,
  };
  if (context.isSet("dry-run")) return rehearsed(subject, "migrate", request);
  const result = context.isSet("restore-on-failure")
    ? await restoringOnFailure(subject, (watched) => runPlan(watched, request))
    : await runPlan(subject, request);
  return { kind: "migrate", database: subject.database.name, result, to };
}
