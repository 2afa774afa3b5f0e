import type { Value } from "../../src/databases/connection.ts";
import type { DatabaseAccess } from "../../src/databases/open-database.ts";

/** The same database, with something done just before each statement that changes rows. */
export function beforeExecute(
  access: DatabaseAccess,
  hook: (sql: string, values: readonly Value[]) => void,
): DatabaseAccess {
  return {
    ...access,
    open: async (mode) => {
      const connection = await access.open(mode);
      const execute = (sql: string, ...values: Value[]) => {
        hook(sql, values);
        return connection.execute(sql, ...values);
      };
      return Object.assign(Object.create(connection), { execute });
    },
  };
}
