import { GodwitError } from "../base/failure.ts";
import type { RunSubject } from "../engine/run-subject.ts";
import type { RestorePoint } from "../history/restore-points.ts";

/**
 * Carries a run out and, where it fails and leaves the database changed, puts the restore point back that it has made.
 * @throws GodwitError the run's failure, with what is true of the database after that
 */
export async function restoringOnFailure<T>(
  subject: RunSubject,
  run: (subject: RunSubject) => Promise<T>,
): Promise<T> {
  const { settings } = subject;
  let made: RestorePoint | null = null;
  const watched: RunSubject = {
    ...subject,
    settings: {
      ...settings,
      backup: { ...settings.backup, when: "always" },
      emit: (event) => {
        if (event.kind === "backup-created") made = event.restorePoint;
        if (event.kind === "backup-removed") made = null;
        settings.emit(event);
      },
    },
  };
  try {
    return await run(watched);
  } catch (error) {
    if (made === null || !(error instanceof GodwitError) || error.outcome !== "left_changed") throw error;
    throw await restored(subject, made, error);
  }
}

async function restored(subject: RunSubject, { id }: RestorePoint, error: GodwitError): Promise<GodwitError> {
  const { planRestore, restore } = await import("../features/backup/restore.ts");
  try {
    const { backup } = await restore(subject, await planRestore(subject, id));
    const kept = backup === null ? "" : `; what the run left is ${backup.id}`;
    return error.with({
      outcome: "rolled_back",
      state: `restored: the database is as it was before the run (${id})${kept}`,
      hint: "mend the migration and run again",
    });
  } catch (failure) {
    if (!(failure instanceof GodwitError)) throw failure;
    return error.with({
      details: [...error.details, `it could not be restored: ${failure.message}`],
    });
  }
}
