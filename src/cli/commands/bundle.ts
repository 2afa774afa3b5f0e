import { GodwitError } from "../../base/failure.ts";
import { nearest } from "../../base/nearest.ts";
import { makeBundle } from "../../features/bundle/make-bundle.ts";
import { TARGET_NAMES, type Target } from "../../features/bundle/targets.ts";
import { FolderSource } from "../../migrations/folder-source.ts";
import type { CommandContext } from "../command-context.ts";
import type { CommandResult } from "../results.ts";

export async function bundle(context: CommandContext): Promise<CommandResult> {
  const start = performance.now();
  const output = context.outputFile("app-migrate");
  const made = await makeBundle(new FolderSource(context.settings.directory()), {
    output,
    target: targetOf(context.text("target")),
    runtime: context.text("runtime") ?? null,
  });
  for (const { file, message } of made.notes) context.note(file, message);
  return { kind: "bundle", bundle: made, durationMs: Math.round(performance.now() - start) };
}

function targetOf(text: string | undefined): Target | null {
  if (text === undefined) return null;
  const target = TARGET_NAMES.find((name) => name === text);
  if (target !== undefined) return target;
  const meant = nearest(text, TARGET_NAMES);
  throw new GodwitError("INVALID_VALUE", `--target takes ${TARGET_NAMES.join(", ")}, not "${text}"`, {
    hint: meant === null ? "leave it out for this platform" : `did you mean ${meant}?`,
  });
}
