import { GodwitError } from "../../base/failure.ts";
import { nearest } from "../../base/nearest.ts";
import { restorePointsOf } from "../../features/backup/backup-subject.ts";
import { listBackups } from "../../features/backup/list-backups.ts";
import { makeBackup } from "../../features/backup/make-backup.ts";
import type { CommandContext } from "../command-context.ts";
import type { CommandResult } from "../results.ts";

export async function backup(context: CommandContext): Promise<CommandResult> {
  const word = context.text("list");
  if (word !== undefined && word !== "list") throw unknownWord(word);
  const subject = context.subject();
  const { name: database } = subject.database;
  if (word === undefined) return { kind: "backup", database, restorePoint: await makeBackup(subject) };
  return {
    kind: "backup-list",
    database,
    folder: restorePointsOf(subject).folder.path,
    now: subject.settings.clock.now(),
    listed: await listBackups(subject),
  };
}

function unknownWord(word: string): GodwitError {
  return new GodwitError("UNEXPECTED_ARGUMENT", `backup takes list or nothing, not "${word}"`, {
    hint: nearest(word, ["list"]) === null ? "see: godwit backup --help" : "did you mean list?",
  });
}
