import type { Choice } from "./choice.ts";
import {
  BLOBS,
  COMMENTS,
  NEW_NAMES,
  NUMBERS,
  OPERATORS,
  SPACES,
  STRING_PARTS,
  TABLES,
  VARIABLES,
} from "./script-words.ts";

/** Makes scripts of good statements, as tokens, so that comments and odd space can stand anywhere between two of them. */
export class ScriptGenerator {
  private readonly choice: Choice;

  constructor(choice: Choice) {
    this.choice = choice;
  }

  /** One to five statements; the last one may lack its semicolon. */
  script(): string {
    const { choice } = this;
    let text = choice.isOneIn(8) ? "\uFEFF" : "";
    const count = 1 + choice.below(choice.isOneIn(4) ? 5 : 2);
    for (let n = 1; n <= count; n++) {
      text += this.between() + this.joined(this.statement());
      if (n < count || !choice.isOneIn(5)) text += `${choice.isOneIn(4) ? this.gap() : ""};`;
    }
    return text + (choice.isOneIn(3) ? this.between() : "");
  }

  private between(): string {
    const { choice } = this;
    if (choice.isOneIn(3)) return "";
    return choice.isOneIn(6) ? `${this.gap()};${this.gap()}` : this.gap();
  }

  private gap(): string {
    const { choice } = this;
    let text = choice.of(SPACES);
    if (choice.isOneIn(6)) text += choice.of(COMMENTS);
    if (choice.isOneIn(12)) text += choice.of(COMMENTS) + choice.of(SPACES);
    return text;
  }

  private joined(tokens: readonly string[]): string {
    let text = "";
    for (const [index, token] of tokens.entries()) {
      const before = tokens[index - 1] ?? "";
      const isTight = /^[(),;]$/.test(token) && !/^[$@:#?]/.test(before);
      if (index > 0)
        text += isTight && this.choice.isOneIn(2) ? "" : this.choice.isOneIn(3) ? this.gap() : " ";
      text += token;
    }
    return text;
  }

  private statement(): string[] {
    const { choice } = this;
    switch (choice.below(16)) {
      case 0:
        return this.trigger();
      case 1:
        return this.trigger();
      case 2:
        return choice.isOneIn(2)
          ? ["EXPLAIN", ...this.trigger()]
          : ["EXPLAIN", "QUERY", "PLAN", ...this.trigger()];
      case 3:
        return ["EXPLAIN", ...(choice.isOneIn(2) ? ["QUERY", "PLAN"] : []), ...this.select()];
      case 4:
        return this.createTable();
      case 5:
        return ["CREATE", "VIEW", this.name(), "AS", ...this.select()];
      case 6:
        return ["create", choice.of(["index", "unique index"]), this.name(), "on", "t", "(", "b", ")"];
      case 7:
        return this.short();
      case 8:
        return ["WITH", "x", "AS", "(", ...this.select(), ")", ...this.select()];
      case 9:
        return this.plain();
      case 10:
        return ["SELECT", choice.of(VARIABLES.slice(0, -1)), ",", choice.of(VARIABLES.slice(0, -1))];
      default:
        return this.plain();
    }
  }

  /** What may also stand in a trigger. */
  private plain(): string[] {
    const { choice } = this;
    switch (choice.below(4)) {
      case 0:
        return this.select();
      case 1:
        return [
          "INSERT",
          ...this.conflict(),
          "INTO",
          "u",
          "(",
          "a",
          ",",
          "b",
          ")",
          "VALUES",
          "(",
          ...this.value(2),
          ",",
          ...this.value(1),
          ")",
        ];
      case 2:
        return [
          "UPDATE",
          ...this.conflict(),
          "u",
          "SET",
          "b",
          "=",
          ...this.value(2),
          "WHERE",
          ...this.value(2),
        ];
      default:
        return ["DELETE", "FROM", "u", "WHERE", ...this.value(2)];
    }
  }

  private conflict(): string[] {
    return this.choice.isOneIn(4) ? ["OR", this.choice.of(["ROLLBACK", "ignore", "REPLACE", "ABORT"])] : [];
  }

  private short(): string[] {
    return this.choice.of([
      ["PRAGMA", "user_version"],
      ["PRAGMA", "main", ".", "foreign_keys", "=", "OFF"],
      ["BEGIN"],
      ["COMMIT", "TRANSACTION"],
      ["END"],
      ["SAVEPOINT", "end"],
      ["ROLLBACK"],
      ["VALUES", "(", "1", ")", ",", "(", "2", ")"],
      ["DROP", "TABLE", "IF", "EXISTS", "no_table"],
      ["ALTER", "TABLE", "t", "ADD", "COLUMN", "ünïcode", "TEXT"],
      ["REINDEX"],
      ["ANALYZE"],
      ["VACUUM"],
    ]);
  }

  private createTable(): string[] {
    const temp = this.choice.of([[], [], ["TEMP"], ["TEMPORARY"]]);
    const rest = ["(", "a", "INTEGER", ",", this.name(), "TEXT", "DEFAULT", this.string(), ")"];
    return ["CREATE", ...temp, "TABLE", "IF", "NOT", "EXISTS", this.name(), ...rest];
  }

  private trigger(): string[] {
    const { choice } = this;
    const head = ["CREATE", ...choice.of([[], [], ["TEMP"], ["temporary"]]), "TRIGGER"];
    const when = choice.isOneIn(3) ? ["WHEN", ...this.value(2)] : [];
    const body: string[] = [];
    for (let n = choice.below(3); n >= 0; n--) body.push(...this.inTrigger(), ";");
    const event = choice.of(["AFTER INSERT", "BEFORE DELETE", "AFTER UPDATE OF b", "INSERT"]);
    const exists = choice.isOneIn(4) ? ["IF", "NOT", "EXISTS"] : [];
    return [
      ...head,
      ...exists,
      this.name(),
      event,
      "ON",
      "t",
      ...when,
      "BEGIN",
      ...body,
      choice.of(["END", "end", "End"]),
    ];
  }

  private inTrigger(): string[] {
    if (!this.choice.isOneIn(6)) return this.plain();
    return ["SELECT", "RAISE", "(", this.choice.of(["ROLLBACK", "ABORT", "FAIL"]), ",", "'no; END;'", ")"];
  }

  private select(): string[] {
    const tokens = ["SELECT", ...this.value(3), "AS", this.name()];
    if (this.choice.isOneIn(2)) tokens.push("FROM", this.choice.of(TABLES));
    return tokens;
  }

  /** An expression that needs no column. */
  private value(depth: number): string[] {
    const { choice } = this;
    switch (depth === 0 ? choice.below(4) : choice.below(9)) {
      case 0:
        return [this.string()];
      case 1:
        return [choice.of(NUMBERS)];
      case 2:
        return [choice.of(BLOBS)];
      case 3:
        return ["NULL"];
      case 4:
        return [
          "CASE",
          "WHEN",
          ...this.value(depth - 1),
          "THEN",
          ...this.value(depth - 1),
          "ELSE",
          this.string(),
          "END",
        ];
      case 5:
        return ["(", ...this.value(depth - 1), choice.of(OPERATORS), ...this.value(depth - 1), ")"];
      case 6:
        return ["-", "-", ...this.value(depth - 1)];
      case 7:
        return ["(", "SELECT", ...this.value(depth - 1), ")"];
      default:
        return ["coalesce", "(", ...this.value(depth - 1), ",", ...this.value(depth - 1), ")"];
    }
  }

  private string(): string {
    let text = "";
    for (let n = this.choice.below(4); n > 0; n--) text += this.choice.of(STRING_PARTS);
    return `'${text}'`;
  }

  private name(): string {
    return this.choice.of(NEW_NAMES);
  }
}
