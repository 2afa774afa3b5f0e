import { isGodwitError } from "../../src/base/failure.ts";
import { parseSqlFile, readSqlFile, type SqlFile } from "../../src/migrations/sql-file.ts";
import { mayBePlain, plainStatements } from "../../src/sql/plain-statements.ts";
import { type Statement, StatementReader } from "../../src/sql/statement-reader.ts";

const FILE = "migrations/20260101000001_x.sql";

/** Most files are read quickly, by regular expressions: that must come to what reading them token by token comes to. @returns the difference in words */
export function compareReadings(text: string): string | null {
  const asFile = difference(
    whatIsRead(() => readSqlFile(FILE, text)),
    whatIsRead(() => parseSqlFile(FILE, text)),
  );
  const plain = mayBePlain(text) ? plainStatements(text, 0, text.length) : null;
  return asFile ?? (plain === null ? null : difference(plain, statementsOf(text)));
}

function difference(quick: unknown, slow: unknown): string | null {
  const [one, other] = [JSON.stringify(quick), JSON.stringify(slow)];
  return one === other ? null : `read quickly it is ${one}, token by token ${other}`;
}

/** Null where something is open at the end. */
function statementsOf(text: string): Statement[] | null {
  const reader = new StatementReader(text);
  const statements: Statement[] = [];
  for (let item = reader.next(); item !== null; item = reader.next()) {
    if (item.kind === "unterminated") return null;
    if (item.kind === "statement") statements.push(item.statement);
  }
  return statements;
}

/** A file that has been read is sound: what its statements throw afterwards is a difference. */
function whatIsRead(read: () => SqlFile): unknown {
  return orFailure(() => {
    const { header, checksum, body } = read();
    const statements = orFailure(() => ({ up: body.up, down: body.down, verify: body.verify }));
    return { header, checksum, hasDown: body.hasDown, statements };
  });
}

function orFailure(read: () => unknown): unknown {
  try {
    return read();
  } catch (thrown) {
    if (!isGodwitError(thrown)) throw thrown;
    const { code, message, hint, location } = thrown;
    return { code, message, hint, location };
  }
}
