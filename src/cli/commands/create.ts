import { SYSTEM_CLOCK } from "../../base/clock.ts";
import { GodwitError } from "../../base/failure.ts";
import { createMigration } from "../../features/create/create-migration.ts";
import type { CommandContext } from "../command-context.ts";
import { askChoice, askText } from "../prompts.ts";
import type { CommandResult } from "../results.ts";

export async function create(context: CommandContext): Promise<CommandResult> {
  const description = context.text("description") ?? (await askDescription(context));
  const kind = (context.text("format") as "sql" | "ts" | undefined) ?? (await askFormat(context));
  const migration = createMigration(context.settings.directory(), description, kind, SYSTEM_CLOCK);
  return { kind: "create", migration };
}

async function askDescription(context: CommandContext): Promise<string> {
  if (context.isInteractive) return askText("What does the migration do?", "add user email");
  throw new GodwitError("MISSING_ARGUMENT", "create needs a description", {
    hint: 'write: godwit create "add user email"',
  });
}

async function askFormat(context: CommandContext): Promise<"sql" | "ts"> {
  if (!context.isInteractive) return "sql";
  return askChoice("Which format?", [
    { value: "sql", label: "SQL" },
    { value: "ts", label: "TypeScript" },
  ]);
}
