import { makeBundle } from "../../features/bundle/make-bundle.ts";
import type { Target } from "../../features/bundle/targets.ts";
import { FolderSource } from "../../migrations/folder-source.ts";
import type { CommandContext } from "../command-context.ts";
import type { CommandResult } from "../results.ts";

export async function bundle(context: CommandContext): Promise<CommandResult> {
  const start = performance.now();
  const output = context.outputFile("app-migrate");
  const made = await makeBundle(new FolderSource(context.settings.directory()), {
    output,
    target: (context.text("target") as Target | undefined) ?? null,
    runtime: context.text("runtime") ?? null,
  });
  for (const { file, message } of made.notes) context.note(file, message);
  return { kind: "bundle", bundle: made, durationMs: Math.round(performance.now() - start) };
}
