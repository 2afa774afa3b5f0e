import { GodwitError, isGodwitError, messageOf } from "../base/failure.ts";
import { isFile } from "../base/is-file.ts";
import { CompanionFolder } from "../history/companion-folder.ts";
import type { RunEnd, RunLog } from "../history/run-log.ts";
import type { EventListener, RunEvent } from "./events.ts";
import type { RunSubject } from "./run-subject.ts";

type Done = RunEnd["done"];

/**
 * Carries out a command that changes a database, and writes into its log that it began and how it ended. What has nothing to do is not written, nor
 * what comes to nothing before there is a database. A log that cannot be written is a note.
 * @param doneOf what of a result is committed
 */
export async function loggedCommand<T, S extends Pick<RunSubject, "database" | "settings">>(
  subject: S,
  command: string,
  action: (subject: S) => Promise<T>,
  doneOf: (result: T) => Done,
): Promise<T> {
  const { settings, database } = subject;
  if (!settings.isLogged || database.file === null) return action(subject);
  const entry = new Entry(subject, command);
  const emit: EventListener = (event) => {
    entry.see(event);
    settings.emit(event);
  };
  try {
    const onBegin = () => entry.begin();
    const result = await action({ ...subject, settings: { ...settings, emit, onBegin } });
    // After a failure, also that nothing is left to do is worth a line: it settles the matter.
    if (new CompanionFolder(database.file, settings.backup.parent).isUnsettled) await entry.begin();
    await entry.end({ outcome: "done", done: doneOf(result), error: null });
    return result;
  } catch (error) {
    await entry.fail(error);
    throw error;
  }
}

/** Nothing is left beside what was named by mistake. */
const NO_DATABASE: ReadonlySet<string> = new Set(["NOT_A_DATABASE", "DATABASE_NOT_FOUND"]);

/** One run's lines in the log. */
class Entry {
  private readonly subject: Pick<RunSubject, "database" | "settings">;
  private readonly command: string;
  private readonly start: number;
  private readonly startedAt: Date;
  private readonly done: { version: string; direction: string }[] = [];
  private isBegun = false;
  private log: RunLog | null = null;
  private id: string | null = null;
  private restorePoint: string | null = null;

  constructor(subject: Pick<RunSubject, "database" | "settings">, command: string) {
    const { clock } = subject.settings;
    this.subject = subject;
    this.command = command;
    this.start = clock.elapsed();
    this.startedAt = clock.now();
  }

  see(event: RunEvent): void {
    if (event.kind === "backup-created") this.restorePoint = event.restorePoint.id;
    if (event.kind === "backup-removed") this.restorePoint = null;
    if (event.kind === "migration-applied" || event.kind === "migration-rolled-back") {
      const { version, direction } = event.migration;
      this.done.push({ version, direction });
    }
  }

  async fail(thrown: unknown): Promise<void> {
    if (!this.isBegun && !this.isWorthALine(thrown)) return;
    await this.begin();
    const error = isGodwitError(thrown)
      ? thrown
      : new GodwitError("BUG", messageOf(thrown), { outcome: "unknown" });
    const { code, message, location, outcome } = error;
    await this.end({
      outcome,
      done: this.done,
      error: { code, message, file: location?.file ?? null, line: location?.line ?? null },
    });
  }

  private isWorthALine(thrown: unknown): boolean {
    if (thrown instanceof GodwitError && (thrown.exitCode === 2 || NO_DATABASE.has(thrown.code)))
      return false;
    return isFile(this.subject.database.file!);
  }

  async end(end: Pick<RunEnd, "outcome" | "done" | "error">): Promise<void> {
    const { clock } = this.subject.settings;
    const { id, log, restorePoint } = this;
    if (log === null || id === null) return;
    this.attempt(() =>
      log.end(id, {
        ...end,
        finishedAt: clock.now().toISOString(),
        durationMs: Math.round(clock.elapsed() - this.start),
        restorePoint,
      }),
    );
  }

  async begin(): Promise<void> {
    if (this.isBegun) return;
    this.isBegun = true;
    const { database, settings } = this.subject;
    // Loaded here, since most starts have nothing to write.
    const { RunLog } = await import("../history/run-log.ts");
    this.attempt(() => {
      this.log = new RunLog(database.file!, settings.backup.parent);
      this.id = this.log.begin(this.command, this.startedAt);
    });
  }

  private attempt(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.log = null;
      const { settings, database } = this.subject;
      const message = `the log of this run cannot be written: ${messageOf(error)}`;
      settings.emit({ kind: "note", file: database.name, line: null, message });
    }
  }
}
