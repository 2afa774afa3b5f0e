import { runPlan } from "../../engine/run-plan.ts";
import type { CommandContext } from "../command-context.ts";
import type { CommandResult } from "../results.ts";

export async function migrate(context: CommandContext): Promise<CommandResult> {
  context.refuseTogether("to", "steps");
  context.refuseTogether("atomic", "commit");
  const to = context.version("to");
  const steps = context.count("steps");
  const subject = context.subject();
  const allow = {
    changed: context.isSet("allow-changed"),
    missing: context.isSet("allow-missing"),
    outOfOrder: context.isSet("allow-out-of-order"),
  };
  const plan = { kind: "migrate" as const, to, steps, allow };
  const result = await runPlan(subject, {
    plan,
    isAtomic: context.isSet("atomic"),
    mustExist: context.isSet("must-exist"),
    mustHaveFiles: true,
  });
  return { kind: "migrate", database: subject.database.name, result, to };
}
