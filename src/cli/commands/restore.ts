import { GodwitError } from "../../base/failure.ts";
import { planRestore, restore as restorePlanned } from "../../features/backup/restore.ts";
import type { CommandContext } from "../command-context.ts";
import { requireYes } from "../prompts.ts";
import { restoreQuestion } from "../reporters/restore-view.ts";
import type { CommandResult } from "../results.ts";

export async function restore(context: CommandContext): Promise<CommandResult> {
  const subject = context.subject();
  const { name: database } = subject.database;
  const plan = await planRestore(subject, context.text("point"));
  if (!context.isSet("yes")) {
    if (!context.isInteractive) throw notAsked();
    await requireYes(restoreQuestion(database, plan));
  }
  return { kind: "restore", database, result: await restorePlanned(subject, plan) };
}

function notAsked(): GodwitError {
  return new GodwitError(
    "CONFIRMATION_REQUIRED",
    "restore takes the place of what is there and wants to be told so",
    {
      hint: "add --yes",
    },
  );
}
