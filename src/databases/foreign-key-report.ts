/** A row whose foreign key points at no row. */
export interface ForeignKeyViolation {
  readonly table: string;
  readonly parent: string;
  readonly columns: readonly string[];
  /** The values of `columns`, as SQL shows them; empty where the table has no rowid to find the row by. */
  readonly values: readonly string[];
  readonly rowid: string | null;
}

/** What a check found. An error is a table that cannot be checked: its parent's key is not unique. */
export interface ForeignKeyReport {
  readonly violations: readonly ForeignKeyViolation[];
  readonly errors: readonly string[];
}

export const NO_VIOLATIONS: ForeignKeyReport = { violations: [], errors: [] };

/**
 * What `after` holds and `before` does not. Rows are told apart by their table, parent, columns and values, since a rebuilt table numbers
 * its rows anew; the same violation twice counts twice.
 */
export function newViolations(before: ForeignKeyReport, after: ForeignKeyReport): ForeignKeyReport {
  return {
    violations: subtract(before.violations, after.violations, identityOf),
    errors: subtract(before.errors, after.errors, (error) => error),
  };
}

function subtract<T>(before: readonly T[], after: readonly T[], identity: (item: T) => string): T[] {
  const counts = new Map<string, number>();
  for (const item of before) counts.set(identity(item), (counts.get(identity(item)) ?? 0) + 1);
  return after.filter((item) => {
    const known = counts.get(identity(item)) ?? 0;
    counts.set(identity(item), known - 1);
    return known <= 0;
  });
}

function identityOf({ table, parent, columns, values }: ForeignKeyViolation): string {
  return JSON.stringify([table.toLowerCase(), parent.toLowerCase(), columns, values]);
}

/** One line for a person: `user_sessions row 4: user_id 17 is in no row of web_users`. */
export function describeViolation({ table, parent, columns, values, rowid }: ForeignKeyViolation): string {
  const pairs = columns.map((column, index) =>
    values[index] === undefined ? column : `${column} ${values[index]}`,
  );
  const row = rowid === null ? "a row" : `row ${rowid}`;
  return `${table} ${row}: ${pairs.join(", ")} is in no row of ${parent}`;
}
