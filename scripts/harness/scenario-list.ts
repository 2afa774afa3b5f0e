import { JOURNAL_MODES, type JournalMode } from "./journal-mode.ts";
import type { Form } from "./migration-steps.ts";
import type { ScenarioSpec } from "./scenario.ts";

const OWN_COUNT = 6;
const POPULATED_COUNT = 7;

/** A form of migrations on a new or a used database. */
type Setting = readonly [form: Form, database: "new" | "used", commit: "grouped" | "each"];

/** Every form meets every database, and every form every way to commit; the plainest meets all of it. */
const MIGRATED: readonly Setting[] = [
  ["sql", "new", "grouped"],
  ["sql", "new", "each"],
  ["sql", "used", "grouped"],
  ["sql", "used", "each"],
  ["ts", "new", "grouped"],
  ["ts", "used", "grouped"],
  ["mixed", "new", "grouped"],
  ["mixed", "used", "each"],
  ["off", "new", "each"],
  ["off", "used", "grouped"],
];
const ROLLED_BACK: readonly Setting[] = [
  ["sql", "used", "each"],
  ["ts", "used", "grouped"],
  ["mixed", "used", "grouped"],
  ["off", "used", "grouped"],
];
const REDONE: readonly Form[] = ["sql", "ts", "mixed", "off"];

/** Every command in both journal modes. */
export function scenarioSpecs(): ScenarioSpec[] {
  return JOURNAL_MODES.flatMap((mode) => [
    ...MIGRATED.map((setting) => migrate(mode, ...setting)),
    ...ROLLED_BACK.map((setting) => rollback(mode, ...setting)),
    ...REDONE.map((form) => redo(mode, form)),
    mark(mode, "--applied"),
    mark(mode, "--pending"),
    backup(mode, "used"),
    backup(mode, "first"),
    restore(mode),
    restoreGone(mode),
  ]);
}

/** @throws Error if there is none of the name */
export function requireScenario(name: string): void {
  if (!scenarioSpecs().some(({ label }) => label === name)) throw new Error(`there is no scenario ${name}`);
}

function migrate(mode: JournalMode, ...[form, database, commit]: Setting): ScenarioSpec {
  const isPopulated = database === "used";
  const count = isPopulated ? POPULATED_COUNT : OWN_COUNT;
  return {
    command: "migrate",
    form,
    isPopulated,
    mode,
    words: ["migrate", "--commit", commit],
    from: 0,
    path: range(0, count),
    label: `migrate ${form} ${database} ${mode} ${commit}`,
    isCrowded: form === "sql" && isPopulated && commit === "grouped",
  };
}

function rollback(mode: JournalMode, ...[form, , commit]: Setting): ScenarioSpec {
  return {
    command: "rollback",
    form,
    isPopulated: true,
    mode,
    words: ["rollback", "--to", "20260101000001", "--commit", commit],
    from: POPULATED_COUNT,
    path: range(POPULATED_COUNT, 1),
    label: `rollback ${form} used ${mode} ${commit}`,
  };
}

/** All or nothing, unless a migration without a transaction is among them. */
function redo(mode: JournalMode, form: Form): ScenarioSpec {
  const lowest = POPULATED_COUNT - 4;
  return {
    command: "redo",
    form,
    isPopulated: true,
    mode,
    words: ["redo", "--steps", "4"],
    from: POPULATED_COUNT,
    path:
      form === "off"
        ? [...range(POPULATED_COUNT, lowest), ...range(lowest + 1, POPULATED_COUNT)]
        : [POPULATED_COUNT, POPULATED_COUNT],
    label: `redo ${form} used ${mode}`,
  };
}

function mark(mode: JournalMode, how: "--applied" | "--pending"): ScenarioSpec {
  const isApplying = how === "--applied";
  return {
    command: "mark",
    form: "sql",
    isPopulated: true,
    mode,
    words: ["mark", "20260101000007", how, "--through"],
    from: isApplying ? 0 : POPULATED_COUNT,
    path: isApplying ? [0, POPULATED_COUNT] : [POPULATED_COUNT, 0],
    label: `mark ${how.slice(2)} used ${mode}`,
  };
}

/** The first one makes the folder that it lies in. */
function backup(mode: JournalMode, which: "used" | "first"): ScenarioSpec {
  const from = which === "used" ? POPULATED_COUNT : 0;
  return {
    command: "backup",
    form: "sql",
    isPopulated: true,
    mode,
    words: ["backup"],
    from,
    path: [from, from],
    label: `backup ${which} ${mode}`,
    isCrowded: which === "used",
  };
}

/** From all migrations back to where some were applied. */
function restore(mode: JournalMode): ScenarioSpec {
  return {
    command: "restore",
    form: "sql",
    isPopulated: true,
    mode,
    words: ["restore", "--yes"],
    from: POPULATED_COUNT,
    path: [POPULATED_COUNT, POPULATED_COUNT - 4],
    label: `restore used ${mode}`,
    isCrowded: true,
  };
}

/** Where there is no database any more. */
function restoreGone(mode: JournalMode): ScenarioSpec {
  const end = POPULATED_COUNT - 4;
  return { ...restore(mode), isGone: true, path: [end], label: `restore gone ${mode}` };
}

/** Both ends are in it. */
function range(from: number, to: number): number[] {
  const step = from <= to ? 1 : -1;
  return Array.from({ length: Math.abs(to - from) + 1 }, (_, index) => from + index * step);
}

export type Direction = "up" | "down";

/** For what needs a database only: with nothing applied, or with four of seven. Every state of the plan is allowed. */
export function scenarioOf(mode: JournalMode, direction: Direction): ScenarioSpec {
  const from = direction === "up" ? 0 : 4;
  return {
    ...migrate(mode, "mixed", "used", "grouped"),
    from,
    path: range(0, POPULATED_COUNT),
    label: `${mode}, ${from} of ${POPULATED_COUNT} applied`,
  };
}
