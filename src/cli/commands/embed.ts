import { embedMigrations } from "../../features/embed/embed-migrations.ts";
import { FolderSource } from "../../migrations/folder-source.ts";
import type { CommandContext } from "../command-context.ts";
import type { CommandResult } from "../results.ts";

export async function embed(context: CommandContext): Promise<CommandResult> {
  const isCheck = context.isSet("check");
  const output = context.outputFile("src/embedded.ts");
  const embedding = embedMigrations(new FolderSource(context.settings.directory()), { output, isCheck });
  return { kind: "embed", embedding, isCheck };
}
