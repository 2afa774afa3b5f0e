import { GodwitError } from "../../base/failure.ts";
import { runPlan } from "../../engine/run-plan.ts";
import type { MigrationSource } from "../../migrations/migration.ts";
import type { CommandContext } from "../command-context.ts";
import type { CommandResult } from "../results.ts";

export async function migrate(context: CommandContext): Promise<CommandResult> {
  context.refuseTogether("to", "steps");
  const to = context.version("to");
  const steps = context.count("steps");
  const subject = context.subject();
  requireFiles(subject.source);
  const allow = {
    changed: context.isSet("allow-changed"),
    missing: context.isSet("allow-missing"),
    outOfOrder: context.isSet("allow-out-of-order"),
  };
  const plan = { kind: "migrate" as const, to, steps, allow };
  const result = await runPlan(subject, { plan, mustExist: context.isSet("must-exist") });
  return { kind: "migrate", database: subject.database.name, result, to };
}

/** An empty folder is more likely the wrong one than nothing to do. */
function requireFiles(source: MigrationSource): void {
  if (source.list().length > 0) return;
  throw new GodwitError("MIGRATIONS_NOT_FOUND", `there are no migrations in ${source.label}`, {
    hint: 'name another folder with --dir, or write the first with: godwit create "what it does"',
  });
}
