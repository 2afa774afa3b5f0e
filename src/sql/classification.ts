import { unquoteIdentifier } from "./identifier.ts";
import { Lexer } from "./lexer.ts";

/** What a statement does to the transaction it runs in. */
export type TransactionRole =
  | "begin"
  | "commit"
  | "rollback"
  | "savepoint"
  | "release"
  | "vacuum"
  | "attach"
  | "detach"
  | "journal-mode"
  | "foreign-keys"
  | "pragma"
  | "none";

const ROLE_OF_WORD: Readonly<Record<string, TransactionRole>> = {
  BEGIN: "begin",
  COMMIT: "commit",
  END: "commit",
  ROLLBACK: "rollback",
  SAVEPOINT: "savepoint",
  RELEASE: "release",
  VACUUM: "vacuum",
  ATTACH: "attach",
  DETACH: "detach",
  PRAGMA: "pragma",
};

/** Whether the first words tell that a statement has nothing to do with the transaction. */
export function hasNoRole(words: readonly string[]): boolean {
  return ROLE_OF_WORD[verbOf(words)] === undefined;
}

/** SQLite carries out a PRAGMA that is a switch while it compiles it, also where it is only to be explained. */
function verbOf(words: readonly string[]): string {
  if (words[0] !== "EXPLAIN") return words[0] ?? "";
  const explained = words[1] === "QUERY" ? words[3] : words[1];
  return explained === "PRAGMA" ? explained : "EXPLAIN";
}

/** The role of a statement, given its first words in upper case and its text. */
export function transactionRole(words: readonly string[], statementText: string): TransactionRole {
  const role = ROLE_OF_WORD[verbOf(words)] ?? "none";
  if (role !== "pragma") return role;
  const name = pragmaName(statementText);
  if (name === "foreign_keys") return "foreign-keys";
  return name === "journal_mode" ? "journal-mode" : "pragma";
}

/** `PRAGMA [schema.]name …`, explained or not: the name in lower case, "" for any other statement. */
export function pragmaName(statementText: string): string {
  const name = pragmaTokens(statementText)[0];
  return name === undefined ? "" : unquoteIdentifier(name).toLowerCase();
}

/** What a PRAGMA is set to, in lower case; null where it is only asked. */
export function pragmaValue(statementText: string): string | null {
  const [, opener, ...rest] = pragmaTokens(statementText);
  if (opener !== "=" && opener !== "(") return null;
  const value = rest[0] === "+" || rest[0] === "-" ? rest[1] : rest[0];
  return value === undefined ? null : unquoteIdentifier(value).toLowerCase();
}

/** The tokens of a PRAGMA from its name on. */
function pragmaTokens(statementText: string): string[] {
  if (!/^(?:explain|pragma)\b/i.test(statementText)) return [];
  const tokens = significantTokens(statementText, 10);
  const at = tokens.findIndex((token) => !/^(?:explain|query|plan)$/i.test(token));
  if (!/^pragma$/i.test(tokens[at] ?? "")) return [];
  return tokens.slice(tokens[at + 2] === "." ? at + 3 : at + 1);
}

const ALONE =
  /^(?:BEGIN(?: (?:DEFERRED|IMMEDIATE|EXCLUSIVE))?(?: TRANSACTION)?|(?:COMMIT|END)(?: TRANSACTION)?|PRAGMA (?:\S+ \. )?\S+(?: = (?:[+-] )?\S+| \( (?:[+-] )?\S+ \))?)$/i;

/**
 * Whether a BEGIN, COMMIT or PRAGMA is whole, and nothing else. Where its semicolon is missing, what follows seems to be part of it, and SQLite would say
 * so: one that is not run at all must not take that along.
 */
export function standsAlone(statementText: string): boolean {
  const tokens = significantTokens(statementText, 12);
  return ALONE.test(tokens.filter((token) => token !== ";").join(" "));
}

/** Drops a table or what hangs on one, or may rename: where a rebuild can begin. A quoted name ends the words, so ALTER is known by little. */
export function reshapes(words: readonly string[]): boolean {
  if (words[0] === "DROP") return words[1] === "TABLE" || words[1] === "VIEW" || words[1] === "TRIGGER";
  return mayRename(words);
}

/** The name of what a statement that reshapes drops or alters. */
export function reshapedName(statementText: string): string | null {
  const tokens = significantTokens(statementText, 8).filter((token) => token !== ";");
  const isGuarded = /^if$/i.test(tokens[2] ?? "") && /^exists$/i.test(tokens[3] ?? "");
  const at = isGuarded ? 4 : 2;
  const name = tokens[at + 1] === "." ? tokens[at + 2] : tokens[at];
  return name === undefined ? null : unquoteIdentifier(name);
}

/** Without the one word no foreign key is declared, nor, without the other, written into the schema past SQLite's parser. */
export function mayDeclareKeys(sql: string): boolean {
  return /references|writable_schema/i.test(sql);
}

/** Creates a table, or may rename one: without that, none is rebuilt. */
export function makesTable(words: readonly string[]): boolean {
  return words[0] === "CREATE" ? words.slice(1, 3).includes("TABLE") : mayRename(words);
}

function mayRename(words: readonly string[]): boolean {
  return words[0] === "ALTER" && !words.includes("ADD") && !words.includes("DROP");
}

/**
 * Which rows' foreign keys a statement could break: those of no table, of any, or of the one that it creates and those which
 * point at that: it is empty, but what is declared may not match. A view takes a table's name, and cannot be pointed at.
 */
export type ReferenceImpact =
  | { readonly kind: "none" }
  | { readonly kind: "table"; readonly table: string }
  | { readonly kind: "any" };

const NO_IMPACT: ReferenceImpact = { kind: "none" };
const ANY_IMPACT: ReferenceImpact = { kind: "any" };

export function referenceImpact(words: readonly string[], statementText: string): ReferenceImpact {
  const verb = words[0];
  if (verb === "CREATE") return impactOfCreate(statementText);
  if (verb === "ALTER") return addsPlainColumn(statementText) ? NO_IMPACT : ANY_IMPACT;
  if (verb === "SELECT" || verb === "PRAGMA" || verb === "EXPLAIN" || verb === "ANALYZE") return NO_IMPACT;
  if (verb === "REINDEX") return NO_IMPACT;
  if (verb === "DROP" && (words[1] === "VIEW" || words[1] === "TRIGGER")) return NO_IMPACT;
  return ANY_IMPACT;
}

/** As most are written. */
const PLAIN_CREATE =
  /^create[ \t\n]+table[ \t\n]+(?:if[ \t\n]+not[ \t\n]+exists[ \t\n]+)?([a-z_]\w*)[ \t\n]*\(/i;

/** Makes an empty table, or drops one: it reads no row of any other. */
export function onlyMakesOrDropsTable(words: readonly string[], statementText: string): boolean {
  return words[1] === "TABLE" && (words[0] === "DROP" || PLAIN_CREATE.test(statementText));
}

function impactOfCreate(statementText: string): ReferenceImpact {
  const plain = PLAIN_CREATE.exec(statementText);
  if (plain !== null) return { kind: "table", table: plain[1]! };
  const tokens = significantTokens(statementText, 10);
  let at = 1;
  if (/^temp(orary)?$/i.test(tokens[at] ?? "")) at++;
  if (/^(index|unique|trigger)$/i.test(tokens[at] ?? "")) return NO_IMPACT;
  if (!/^(table|view)$/i.test(tokens[at] ?? "")) return ANY_IMPACT;
  at++;
  if (/^if$/i.test(tokens[at] ?? "")) at += 3;
  const table = tokens[at + 1] === "." ? tokens[at + 2] : tokens[at];
  return table === undefined ? ANY_IMPACT : { kind: "table", table: unquoteIdentifier(table) };
}

/** CREATE, or ALTER TABLE … ADD COLUMN: whatever it does, nothing that was there is lost. */
export function onlyAdds(words: readonly string[], statementText: string): boolean {
  if (words[0] === "CREATE") return true;
  if (words[0] !== "ALTER") return false;
  const tokens = significantTokens(statementText, 8).map((token) => token.toUpperCase());
  const verb = tokens[3] === "." ? 5 : 3;
  return tokens[verb] === "ADD" && tokens[verb + 1] !== "CONSTRAINT" && tokens[verb + 1] !== "CHECK";
}

/** ALTER TABLE … ADD COLUMN without REFERENCES: no row can come to point anywhere. */
function addsPlainColumn(statementText: string): boolean {
  const tokens = significantTokens(statementText, Number.POSITIVE_INFINITY).map((token) =>
    token.toUpperCase(),
  );
  const afterName = tokens[3] === "." ? 5 : 3;
  return tokens[afterName] === "ADD" && !tokens.includes("REFERENCES");
}

function significantTokens(text: string, limit: number): string[] {
  const lexer = new Lexer(text);
  const tokens: string[] = [];
  while (tokens.length < limit && lexer.next()) {
    if (lexer.kind !== "comment") tokens.push(text.slice(lexer.start, lexer.end));
  }
  return tokens;
}
