import { dirname } from "node:path";
import { syncFolder } from "../../base/exclusive-file.ts";
import { messageOf } from "../../base/failure.ts";
import { DatabaseError } from "../database-error.ts";

/**
 * Makes the last commit to a database last through a power cut, for a connection that syncs less than EXTRA: the removal of the journal is the commit
 * (https://sqlite.org/pragma.html#pragma_synchronous).
 * @throws DatabaseError of kind io
 */
export function syncCommit(path: string): void {
  try {
    syncFolder(dirname(path));
  } catch (error) {
    throw new DatabaseError(messageOf(error), { kind: "io", databaseCode: "SQLITE_IOERR", cause: error });
  }
}
