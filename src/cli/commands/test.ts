import { testMigrations } from "../../features/round-trip/test-migrations.ts";
import type { CommandContext } from "../command-context.ts";
import type { CommandResult } from "../results.ts";

export async function test(context: CommandContext): Promise<CommandResult> {
  const subject = context.subject();
  const request = { all: context.isSet("all"), reversible: context.isSet("reversible") };
  const report = await testMigrations(subject, request);
  return { kind: "test", database: subject.database.name, report };
}
