// Loaded before any migration's code runs.
import "../become.ts";
import type { CommandContext } from "../command-context.ts";
import type { CommandResult } from "../results.ts";
import { findSuccessor } from "../successor.ts";
import { migrate } from "./migrate.ts";

/** Migrates, and names the program that is to take godwit's place. */
export async function exec(context: CommandContext): Promise<CommandResult> {
  const successor = findSuccessor(context.rest);
  const migrated = await migrate(context);
  if (migrated.kind !== "migrate") throw new Error(`exec has come to ${migrated.kind}`);
  return { ...migrated, kind: "exec", successor };
}
