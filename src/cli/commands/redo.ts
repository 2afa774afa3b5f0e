import { runPlan } from "../../engine/run-plan.ts";
import type { CommandContext } from "../command-context.ts";
import type { CommandResult } from "../results.ts";

export async function redo(context: CommandContext): Promise<CommandResult> {
  const steps = context.count("steps");
  const subject = context.subject();
  const result = await runPlan(subject, { plan: { kind: "redo", steps } });
  return { kind: "redo", database: subject.database.name, result };
}
