import { stringify } from "../base/json.ts";

/** A row whose foreign key points at no row. */
export interface ForeignKeyViolation extends Reference {
  /** Null where the row has none that could be named: the table is WITHOUT ROWID. */
  readonly rowid: string | null;
}

/** A table with a foreign key, and the table that it names, which need not be there. */
export interface ForeignKeyLink {
  readonly table: string;
  readonly parent: string;
}

/** A declaration that cannot be checked: the parent's key is not unique, or not there. */
export interface ForeignKeyMismatch extends ForeignKeyLink {
  /** As the database says it. */
  readonly message: string;
}

/** What points where. */
interface Reference extends ForeignKeyLink {
  readonly columns: readonly string[];
  /** The values of `columns`, as SQL shows them. */
  readonly values: readonly string[];
}

/** What a check found. */
export interface ForeignKeyReport {
  readonly violations: readonly ForeignKeyViolation[];
  readonly mismatches: readonly ForeignKeyMismatch[];
  /** The columns of every table, in lower case, by which renames are recognised; empty where nothing was found. */
  readonly tables: TableColumns;
}

export type TableColumns = ReadonlyMap<string, readonly string[]>;

export const NO_VIOLATIONS: ForeignKeyReport = { violations: [], mismatches: [], tables: new Map() };

export function isSound({ violations, mismatches }: ForeignKeyReport): boolean {
  return violations.length + mismatches.length === 0;
}

/**
 * What `after` holds and `before` does not. Rows are told apart by their table, parent, columns and values, since a rebuilt table numbers
 * its rows anew; the same violation twice counts twice. An old one stays old under a table's or a column's new name.
 */
export function newViolations(before: ForeignKeyReport, after: ForeignKeyReport): ForeignKeyReport {
  const renames = new Renames(before.tables, after.tables);
  return {
    violations: subtract(before.violations, after.violations, { renames, reference: (item) => item }),
    mismatches: subtract(before.mismatches, after.mismatches, { renames, reference: declaration }),
    tables: after.tables,
  };
}

function declaration({ table, parent }: ForeignKeyMismatch): Reference {
  return { table, parent, columns: [], values: [] };
}

/** How many of the old ones, with the same values and the same names, are not matched yet. */
interface Known {
  readonly reference: Reference;
  count: number;
}

function subtract<T>(
  before: readonly T[],
  after: readonly T[],
  { renames, reference }: { renames: Renames; reference: (item: T) => Reference },
): T[] {
  const known = new Map<string, Map<string, Known>>();
  for (const item of before.map(reference)) {
    const values = stringify(item.values);
    const sameValues = known.get(values) ?? new Map<string, Known>();
    known.set(values, sameValues);
    const names = namesOf(item);
    const entry = sameValues.get(names) ?? { reference: item, count: 0 };
    sameValues.set(names, entry);
    entry.count++;
  }
  return after.filter((item) => {
    const now = reference(item);
    const sameValues = known.get(stringify(now.values));
    const match = sameValues?.get(namesOf(now)) ?? renames.find(sameValues, now);
    if (match === undefined || match.count === 0) return true;
    match.count--;
    return false;
  });
}

function namesOf({ table, parent, columns }: Reference): string {
  return stringify([table, parent, columns]).toLowerCase();
}

/**
 * Which names a step may have given to what was there. A name that is still there is no other's: only what is gone can have become what
 * is new, so that a row which comes to point nowhere in a table or column that stays is never taken for an old one.
 */
class Renames {
  private readonly before: TableColumns;
  private readonly after: TableColumns;
  private readonly fresh: readonly string[];
  private readonly heirs = new Map<string, ReadonlySet<string>>();

  constructor(before: TableColumns, after: TableColumns) {
    this.before = before;
    this.after = after;
    this.fresh = [...after.keys()].filter((name) => !before.has(name));
  }

  find(candidates: ReadonlyMap<string, Known> | undefined, now: Reference): Known | undefined {
    for (const known of candidates?.values() ?? []) {
      if (known.count > 0 && this.isHeir(known.reference, now)) return known;
    }
    return undefined;
  }

  private isHeir(old: Reference, now: Reference): boolean {
    const [oldTable, table] = [old.table.toLowerCase(), now.table.toLowerCase()];
    return (
      this.heirsOf(oldTable).has(table) &&
      this.isParentHeir(old.parent.toLowerCase(), now.parent.toLowerCase()) &&
      this.areColumnHeirs({ table: oldTable, columns: old.columns }, { table, columns: now.columns })
    );
  }

  /** What pointed at no table at all may be made to point at one. */
  private isParentHeir(old: string, now: string): boolean {
    return (!this.before.has(old) && !this.after.has(old)) || this.heirsOf(old).has(now);
  }

  private areColumnHeirs(old: Pick<Reference, "table" | "columns">, now: typeof old): boolean {
    const before = this.before.get(old.table) ?? [];
    const after = this.after.get(now.table) ?? [];
    return old.columns.every((oldColumn, index) => {
      const [from, to] = [oldColumn.toLowerCase(), now.columns[index]?.toLowerCase() ?? ""];
      return from === to || (!after.includes(from) && !before.includes(to));
    });
  }

  /** The table itself while it is there; else the new ones: those with its very columns, if there are any. */
  private heirsOf(table: string): ReadonlySet<string> {
    if (this.after.has(table)) return new Set([table]);
    const known = this.heirs.get(table);
    if (known !== undefined) return known;
    const columns = stringify(this.before.get(table) ?? []);
    const alike = this.fresh.filter((name) => stringify(this.after.get(name)) === columns);
    const heirs = new Set(alike.length > 0 ? alike : this.fresh);
    this.heirs.set(table, heirs);
    return heirs;
  }
}

/** One line for a person: `user_sessions row 4: user_id 17 is in no row of web_users`. */
export function describeViolation({ table, parent, columns, values, rowid }: ForeignKeyViolation): string {
  const pairs = columns.map((column, index) => `${column} ${values[index]}`);
  const row = rowid === null ? `a row of ${table}` : `${table} row ${rowid}`;
  return `${row}: ${pairs.join(", ")} is in no row of ${parent}`;
}

/** One line for a person: `posts: foreign key mismatch - "posts" referencing "users"`. */
export function describeMismatch({ table, message }: ForeignKeyMismatch): string {
  return `${table}: ${message}`;
}
