export type JournalMode = "delete" | "wal";

/** The two ways in which SQLite keeps a transaction whole. */
export const JOURNAL_MODES: readonly JournalMode[] = ["delete", "wal"];
