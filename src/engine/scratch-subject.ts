import type { DatabaseAccess } from "../databases/open-database.ts";
import { isHistoryTable } from "../history/history-table.ts";
import type { EventListener } from "./events.ts";
import type { RunSubject } from "./run-subject.ts";

/** The same migrations and settings, on the copy; nothing is told that is true of the copy only. */
export function onScratch(subject: RunSubject, database: DatabaseAccess): RunSubject {
  const { settings } = subject;
  return {
    ...subject,
    database,
    settings: {
      ...settings,
      backup: { ...settings.backup, when: "never" },
      isLogged: false,
      isConfined: true,
      emit: accompanying(settings.emit),
    },
  };
}

const ACCOMPANYING: ReadonlySet<string> = new Set([
  "lock-waiting",
  "migration-started",
  "migration-log",
  "migration-progress",
  "migration-running",
]);

/** Each step is a run of its own here, which tells again what one run tells once. */
function accompanying(emit: EventListener): EventListener {
  const told = new Set<string>();
  return (event) => {
    if (event.kind === "note") {
      const text = `${event.file}:${event.line}: ${event.message}`;
      if (!told.has(text)) emit(event);
      told.add(text);
    } else if (ACCOMPANYING.has(event.kind)) emit(event);
  };
}

/** Tables that say nothing of what a migration did: the history, and SQLite's own. */
export function isNoContent(table: string, history: string): boolean {
  return /^sqlite_/i.test(table) || isHistoryTable(table, history);
}
