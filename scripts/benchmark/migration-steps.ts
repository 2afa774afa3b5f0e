/** What the migrations of a workload do: each makes a table, makes a table with a row in it, or adds a row to the table that the first made. */
export type Kind = "tables" | "filled-tables" | "inserts";

export interface Step {
  /** YYYYMMDDHHMMSS: one second after the one before. */
  readonly version: string;
  readonly milliseconds: number;
  /** What follows the version in the name of its file. */
  readonly slug: string;
  readonly table: string;
  readonly isFilled: boolean;
  readonly up: string;
  readonly down: string;
}

const START = Date.UTC(2026, 0, 1);

export function stepsOf(kind: Kind, count: number): Step[] {
  return Array.from({ length: count }, (_, index) => {
    const milliseconds = START + (index + 1) * 1000;
    const version = new Date(milliseconds).toISOString().replace(/\D/g, "").slice(0, 14);
    const step = kind === "inserts" ? insertStep(index + 1) : tableStep(index + 1, kind === "filled-tables");
    return { version, milliseconds, ...step };
  });
}

type Work = Omit<Step, "version" | "milliseconds">;

function tableStep(number: number, isFilled: boolean): Work {
  const table = `table_${number}`;
  const create = `CREATE TABLE ${table} (id INTEGER PRIMARY KEY, name TEXT NOT NULL, created_at TEXT);`;
  const insert = `INSERT INTO ${table} (name) VALUES ('first');`;
  return {
    slug: `create_${table}`,
    table,
    isFilled,
    up: isFilled ? `${create}\n${insert}` : create,
    down: `DROP TABLE ${table};`,
  };
}

function insertStep(number: number): Work {
  const line = { table: "lines", isFilled: true };
  return number === 1
    ? {
        ...line,
        slug: "create_lines",
        up: "CREATE TABLE lines (id INTEGER PRIMARY KEY, text TEXT NOT NULL);",
        down: "DROP TABLE lines;",
      }
    : {
        ...line,
        slug: `add_line_${number}`,
        up: `INSERT INTO lines (id, text) VALUES (${number}, 'line ${number}');`,
        down: `DELETE FROM lines WHERE id = ${number};`,
      };
}
