import { Database } from "bun:sqlite";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeEnd, runGodwit } from "./godwit-process.ts";
import { JOURNAL_MODES, type JournalMode } from "./journal-mode.ts";
import { ACTIONS, DEFERRALS, type Rebuild, rebuildOf, SHAPES, type Shape } from "./rebuild-shapes.ts";
import type { Section, SectionOptions, SectionResult } from "./section.ts";
import { contentsOf, differences } from "./table-contents.ts";

const FORMS = ["plain", "in a frame", "TypeScript"] as const;
type Form = (typeof FORMS)[number];

/** One database: a shape and a form, with all actions of foreign keys as tables and a migration of their own. */
interface Subject {
  readonly shape: Shape;
  readonly form: Form;
  readonly mode: JournalMode;
}

/** A table that others point at is made anew, there and back, and no row anywhere else is lost or changed. */
export const rebuilds: Section = {
  name: "rebuilds",
  async run(options: SectionOptions): Promise<SectionResult> {
    const subjects = allSubjects(options.isQuick);
    const violations: string[] = [];
    let combinations = 0;
    for (const [n, subject] of subjects.entries()) {
      options.progress(n, subjects.length);
      const folder = join(options.folder, String(n));
      const problems = await rebuildAll(subject, folder, options.binary);
      rmSync(folder, { recursive: true });
      combinations += ACTIONS.length * DEFERRALS.length;
      const { shape, form, mode } = subject;
      violations.push(...problems.map((problem) => `${shape}, ${form}, ${mode}: ${problem}`));
      if (options.stopAtFirst && violations.length > 0) break;
    }
    options.progress(subjects.length, subjects.length);
    return { counts: { "rebuild combinations, there and back": combinations }, violations };
  },
};

function allSubjects(isQuick: boolean): Subject[] {
  const pairs = SHAPES.flatMap((shape) => FORMS.map((form) => ({ shape, form })));
  if (!isQuick) return JOURNAL_MODES.flatMap((mode) => pairs.map((pair) => ({ ...pair, mode })));
  return pairs.map((pair, n) => ({ ...pair, mode: JOURNAL_MODES[n % 2]! }));
}

async function rebuildAll(subject: Subject, folder: string, binary: string): Promise<string[]> {
  const path = join(folder, "app.db");
  const migrations = join(folder, "migrations");
  mkdirSync(migrations, { recursive: true });
  const keys = ACTIONS.flatMap((action) =>
    DEFERRALS.map((deferral) => `ON DELETE ${action} ON UPDATE ${action}${deferral}`),
  );
  const all = keys.map((key, n) => rebuildOf(subject.shape, `r${n}`, key));
  makeDatabase(path, subject.mode, all);
  for (const [n, rebuild] of all.entries()) writeMigration(migrations, n, rebuild, subject.form);

  const projected = new Map(all.map(({ parent, columns }) => [parent, columns]));
  const before = contentsOf(path, projected);
  const problems: string[] = [];
  for (const words of [["migrate"], ["rollback", "--steps", String(all.length)]]) {
    const run = await runGodwit([binary, ...words, "--db", path, "--dir", migrations]);
    if (run.exitCode !== 0) problems.push(`${words[0]} ended with ${describeEnd(run)}`);
    const found = differences(before, contentsOf(path, projected));
    problems.push(...found.map((problem) => `after ${words[0]}, ${problem}`));
    problems.push(...notAsRecorded(path, all, words[0] === "migrate"));
    if (problems.length > 0) break;
  }
  return problems.map((problem) =>
    problem.replace(/\br(\d+)_/g, (name, n) => `${name} (${keys[Number(n)]})`),
  );
}

/** As an application with foreign keys on has filled it; one key, of other tables, has pointed nowhere for long. */
function makeDatabase(path: string, mode: JournalMode, all: readonly Rebuild[]): void {
  using db = new Database(path);
  db.run(`PRAGMA journal_mode = ${mode}`);
  db.run("PRAGMA foreign_keys = OFF");
  db.run("CREATE TABLE old_parent (id INTEGER PRIMARY KEY)");
  db.run("CREATE TABLE old_child (pid INTEGER REFERENCES old_parent (id) ON DELETE CASCADE)");
  db.run("INSERT INTO old_child VALUES (17)");
  db.run("PRAGMA foreign_keys = ON");
  db.transaction(() => {
    for (const { setup } of all) for (const sql of setup) db.run(sql);
  })();
}

function writeMigration(folder: string, n: number, { up, down }: Rebuild, form: Form): void {
  const name = join(folder, `202601010000${String(n).padStart(2, "0")}_rebuild`);
  if (form === "TypeScript") {
    const run = (direction: string, statements: readonly string[]) =>
      `export function ${direction}(db: Database) {\n  for (const sql of ${JSON.stringify(statements)}) db.run(sql);\n}\n`;
    writeFileSync(
      `${name}.ts`,
      `import type { Database } from "bun:sqlite";\n${run("up", up)}${run("down", down)}`,
    );
    return;
  }
  const frame = (text: string) =>
    form === "plain" ? text : `PRAGMA foreign_keys=OFF;\nBEGIN;\n${text}COMMIT;\nPRAGMA foreign_keys=ON;\n`;
  const script = (statements: readonly string[]) => frame(statements.map((sql) => `${sql};\n`).join(""));
  writeFileSync(`${name}.sql`, `-- up\n${script(up)}\n-- down\n${script(down)}`);
}

/** Whether each parent is the one that its migration makes, and the history says so. */
function notAsRecorded(path: string, all: readonly Rebuild[], isUp: boolean): string[] {
  using db = new Database(path, { readwrite: true, create: false });
  const hasHistory =
    db.query("SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'").values().length > 0;
  const recorded = hasHistory ? db.query("SELECT 1 FROM schema_migrations").values().length : 0;
  const expected = isUp ? all.length : 0;
  const notRebuilt = all.filter(({ parent }) => {
    const has = db.query("SELECT 1 FROM pragma_table_info(?) WHERE name = 'added'").values(parent).length;
    return (has === 1) !== isUp;
  });
  return [
    ...(recorded === expected ? [] : [`${recorded} in the history, not ${expected}`]),
    ...notRebuilt.map(({ parent }) => `${parent} was not rebuilt`),
  ];
}
