/** What a foreign key does, as it is declared: ON DELETE CASCADE ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED. */
export const ACTIONS = ["CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION"] as const;
export const DEFERRALS = ["", " DEFERRABLE INITIALLY DEFERRED"] as const;

export const SHAPES = [
  "plain child",
  "self-reference",
  "cycle",
  "chain of three",
  "WITHOUT ROWID",
  "STRICT",
  "with trigger",
  "with view",
  "with FTS5",
] as const;
export type Shape = (typeof SHAPES)[number];

/** A parent, what points at it, and the statements that rebuild the parent with one more column and without it again. */
export interface Rebuild {
  readonly parent: string;
  /** The columns that the parent has before and after. */
  readonly columns: readonly string[];
  readonly setup: readonly string[];
  readonly up: readonly string[];
  readonly down: readonly string[];
}

/** What stands beside the plain parent and child in a shape. */
interface Extras {
  /** Columns of the parent besides id and name. */
  readonly columns?: readonly string[];
  readonly tableOptions?: string;
  readonly tables?: readonly string[];
  readonly rows?: readonly string[];
  /** What SQLite drops with the parent. */
  readonly ofParent?: readonly string[];
  /** What mentions the parent, which a RENAME refuses while it is gone: how to drop it, and how to make it. */
  readonly mentions?: readonly (readonly [drop: string, create: string])[];
}

/** @param p the prefix of all its names */
export function rebuildOf(shape: Shape, p: string, key: string): Rebuild {
  const extras = extrasOf(shape, p, key);
  const { columns = [], tableOptions = "", tables = [], rows = [], ofParent = [], mentions = [] } = extras;
  const parent = `${p}_parent`;
  const names = ["id", "name", ...columns.map((column) => column.split(" ")[0]!)];
  const index = `CREATE INDEX ${p}_by_name ON ${parent} (name)`;
  const body = (added: readonly string[]) =>
    `(id INTEGER PRIMARY KEY, ${[...added, "name TEXT NOT NULL", ...columns].join(", ")})${tableOptions}`;
  const rebuild = (added: readonly string[]) => [
    ...mentions.map(([drop]) => drop),
    `CREATE TABLE ${p}_new ${body(added)}`,
    `INSERT INTO ${p}_new (${names.join(", ")}) SELECT ${names.join(", ")} FROM ${parent}`,
    `DROP TABLE ${parent}`,
    `ALTER TABLE ${p}_new RENAME TO ${parent}`,
    index,
    ...ofParent,
    ...mentions.map(([, create]) => create),
  ];
  const row = (name: string, n: number) =>
    `(${[n + 1, `'${name}'`, ...columns.map(() => "NULL")].join(", ")})`;
  return {
    parent,
    columns: names,
    setup: [
      `CREATE TABLE ${parent} ${body([])}`,
      index,
      `CREATE TABLE ${p}_child (id INTEGER PRIMARY KEY, pid INTEGER DEFAULT 1 REFERENCES ${parent} (id) ${key}, note TEXT)${tableOptions}`,
      ...tables,
      `INSERT INTO ${parent} VALUES ${["one", "two", "three", "it''s four"].map(row).join(", ")}`,
      `INSERT INTO ${p}_child VALUES (1, 2, 'a'), (2, 3, 'b'), (3, 3, NULL), (4, NULL, 'd'), (5, 4, 'é;')`,
      ...rows,
      ...ofParent,
      ...mentions.map(([, create]) => create),
    ],
    up: rebuild(["added TEXT DEFAULT 'x'"]),
    down: rebuild([]),
  };
}

function extrasOf(shape: Shape, p: string, key: string): Extras {
  const parent = `${p}_parent`;
  const child = `${p}_child`;
  switch (shape) {
    case "plain child":
      return {};
    case "self-reference":
      return {
        columns: [`above INTEGER DEFAULT 1 REFERENCES ${parent} (id) ${key}`],
        rows: [`UPDATE ${parent} SET above = id - 1 WHERE id > 1`],
      };
    case "cycle":
      return {
        columns: [`favourite INTEGER DEFAULT 1 REFERENCES ${child} (id) ${key}`],
        rows: [`UPDATE ${parent} SET favourite = 5 - id WHERE id < 4`],
      };
    case "chain of three":
      return {
        tables: [
          `CREATE TABLE ${p}_grandchild (id INTEGER PRIMARY KEY, cid INTEGER DEFAULT 1 REFERENCES ${child} (id) ${key})`,
        ],
        rows: [`INSERT INTO ${p}_grandchild VALUES (1, 5), (2, 4), (3, 2), (4, NULL)`],
      };
    case "WITHOUT ROWID":
      return { tableOptions: " WITHOUT ROWID" };
    case "STRICT":
      return { tableOptions: " STRICT" };
    case "with trigger":
      return withTriggers(p, parent, child);
    case "with view": {
      const view = `CREATE VIEW ${p}_view AS SELECT c.id, p.name FROM ${child} c JOIN ${parent} p ON p.id = c.pid`;
      return { mentions: [[`DROP VIEW ${p}_view`, view]] };
    }
    case "with FTS5":
      return withSearch(p, parent, child);
  }
}

/** Each trigger writes a row that was not there before, should anything be deleted or nulled behind the migration's back. */
function withTriggers(p: string, parent: string, child: string): Extras {
  const audit = (name: string, event: string, table: string) =>
    `CREATE TRIGGER ${p}_${name} AFTER ${event} ON ${table} BEGIN INSERT INTO ${p}_audit (what) SELECT '${name};' || CASE WHEN count(*) > 0 THEN 'some' ELSE 'none' END FROM ${parent}; END`;
  return {
    tables: [`CREATE TABLE ${p}_audit (id INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT)`],
    rows: [`INSERT INTO ${p}_audit (what) VALUES ('first')`],
    ofParent: [
      audit("deleted", "DELETE", parent),
      audit("changed", "UPDATE", parent),
      audit("made", "INSERT", parent),
    ],
    mentions: [
      [`DROP TRIGGER ${p}_child_deleted`, audit("child_deleted", "DELETE", child)],
      [`DROP TRIGGER ${p}_child_changed`, audit("child_changed", "UPDATE", child)],
    ],
  };
}

function withSearch(p: string, parent: string, child: string): Extras {
  const search = `${p}_search`;
  return {
    tables: [
      `CREATE VIRTUAL TABLE ${search} USING fts5 (name, content = '${parent}', content_rowid = 'id')`,
      `CREATE VIRTUAL TABLE ${p}_notes USING fts5 (note)`,
    ],
    rows: [
      `INSERT INTO ${search} (rowid, name) SELECT id, name FROM ${parent}`,
      `INSERT INTO ${p}_notes (rowid, note) SELECT id, note FROM ${child}`,
    ],
    ofParent: [
      `CREATE TRIGGER ${p}_found AFTER INSERT ON ${parent} BEGIN INSERT INTO ${search} (rowid, name) VALUES (new.id, new.name); END`,
      `CREATE TRIGGER ${p}_lost AFTER DELETE ON ${parent} BEGIN INSERT INTO ${search} (${search}, rowid, name) VALUES ('delete', old.id, old.name); END`,
    ],
    mentions: [
      [
        `DROP TRIGGER ${p}_noted`,
        `CREATE TRIGGER ${p}_noted AFTER DELETE ON ${child} BEGIN DELETE FROM ${p}_notes WHERE rowid = old.id; UPDATE ${parent} SET name = name; END`,
      ],
    ],
  };
}
