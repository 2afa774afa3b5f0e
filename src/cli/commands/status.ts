import { readStatus } from "../../engine/migration-status.ts";
import type { CommandContext } from "../command-context.ts";
import type { CommandResult } from "../results.ts";
import { manifestOf } from "../sealed.ts";
import { versions } from "../versions.ts";

export async function status(context: CommandContext): Promise<CommandResult> {
  const subject = context.subject();
  const report = await readStatus(subject);
  const { database, source } = subject;
  return {
    kind: "status",
    database: database.name,
    folder: source.label,
    report,
    isCheck: context.isSet("check"),
    versions: await versions(),
    manifest: context.sealed === null || !context.isSet("json") ? null : await manifestOf(context.sealed),
  };
}
