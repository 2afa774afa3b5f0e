import type { Database, Statement } from "bun:sqlite";
import type { LendingRules, Lent, SchemaObject } from "../connection.ts";
import { schemaObjectsOf } from "./schema-objects.ts";

type Call = (...args: unknown[]) => unknown;

/** SQL texts whose statements are kept, so that the same text gives the same statement, as Database.query does; long ones seldom come twice. */
const STATEMENTS_KEPT = 50;
const TEXT_KEPT = 65_536;

/** What no SQL can be run with; with another member an extension is loaded, or SQLite's own handle taken. */
const HARMLESS: ReadonlySet<string | symbol> = new Set(["constructor", "filename", "inTransaction"]);

const RUNS = ["get", "all", "values", "raw", "run"] as const;

/**
 * A handle as code of a migration gets it: bun:sqlite's Database in all it offers, but for what would end or hide something. What is lent
 * can be taken back: afterwards the handle throws, and so does every statement made through it.
 */
export class LentHandle implements Lent {
  readonly handle: Database;
  readonly objectsBefore: SchemaObject[] = [];
  private readonly db: Database;
  private readonly rules: LendingRules;
  private isOver = false;
  /** Statements that code has begun to read and may not have read to the end: open, they would keep a COMMIT from being done. */
  private readonly open = new Set<Statement>();
  private readonly queries = new Map<string, Statement>();
  /** Made once for each name, so that a loop that calls `db.run` makes no function each time. */
  private readonly members = new Map<string | symbol, Call>();

  constructor(db: Database, rules: LendingRules) {
    this.db = db;
    this.rules = rules;
    // Database keeps its state in private fields, which a proxy has none of: what it calls, it calls on the database itself.
    this.handle = new Proxy(db, { get: (_, name) => this.member(name) });
  }

  end(): void {
    this.isOver = true;
    for (const statement of this.open) statement.finalize();
    this.open.clear();
    this.queries.clear();
  }

  private member(name: string | symbol): unknown {
    if (this.isOver) this.refuse("over");
    const known = this.members.get(name);
    if (known !== undefined) return known;
    const value: unknown = Reflect.get(this.db, name, this.db);
    const guarded = this.guarded(name);
    if (guarded === null && !HARMLESS.has(name)) this.rules.unseen();
    if (typeof value !== "function" || name === "constructor") return value;
    const call = guarded ?? this.keeping(value as Call);
    this.members.set(name, call);
    return call;
  }

  /** What gives the database itself, as `valueOf` does, gives what is lent. */
  private keeping(method: Call): Call {
    return (...values) => {
      const result = method.apply(this.db, values);
      return result === this.db ? this.handle : result;
    };
  }

  private guarded(name: string | symbol): Call | null {
    switch (name) {
      case "run":
      case "exec":
        return this.script(name);
      case "prepare":
        return (sql, ...rest) => this.prepare(sql as string, ...rest);
      case "query":
        return (sql) => this.query(sql as string);
      case "transaction":
        return (body) => this.transaction(body as Call);
      case "close":
      case Symbol.dispose:
        return () => this.refuse("close");
      default:
        return null;
    }
  }

  private script(name: "run" | "exec"): Call {
    return (sql, ...values) => {
      this.inspect(sql, "script");
      return (this.db[name] as Call)(sql, ...values);
    };
  }

  private prepare(sql: string, ...rest: unknown[]): Statement {
    this.inspect(sql, "statement");
    const statement = (this.db.prepare as Call).call(this.db, sql, ...rest) as Statement;
    return this.guardStatement(statement);
  }

  /** Its calls are checked one by one: to keep hold of every statement would keep each that a loop prepares in memory. */
  private guardStatement(statement: Statement): Statement {
    for (const name of RUNS) {
      const run = statement[name] as Call | undefined;
      if (run !== undefined) Object.assign(statement, { [name]: this.whileLent(run) });
    }
    const iterate = statement.iterate as Call;
    const iterateLent = (...values: unknown[]) => {
      this.check();
      return this.reading(statement, iterate.apply(statement, values) as Iterable<unknown>);
    };
    return Object.assign(statement, { iterate: iterateLent, [Symbol.iterator]: iterateLent });
  }

  private *reading(statement: Statement, rows: Iterable<unknown>): Generator<unknown> {
    // A generator begins when it is first asked.
    this.check();
    this.open.add(statement);
    try {
      yield* rows;
    } finally {
      this.open.delete(statement);
    }
  }

  private query(sql: string): Statement {
    const known = this.queries.get(sql);
    if (known !== undefined && !(known as unknown as { isFinalized: boolean }).isFinalized) {
      this.inspect(sql, "statement");
      return known;
    }
    const statement = this.prepare(sql);
    if (sql.length > TEXT_KEPT) return statement;
    if (this.queries.size >= STATEMENTS_KEPT) this.queries.delete(this.queries.keys().next().value!);
    this.queries.set(sql, statement);
    return statement;
  }

  /** bun:sqlite commits when the function returns, also where that is a promise: what comes after its first await would be outside. */
  private transaction(body: Call): Call {
    if (isAsync(body)) this.refuse("async-transaction");
    const lent = this;
    const made = this.db.transaction(function (this: unknown, ...args: unknown[]) {
      const result = body.apply(this, args);
      if (result instanceof Promise) lent.refuse("async-transaction");
      return result;
    });
    const { deferred, immediate, exclusive } = made;
    const variants = Object.entries({ default: made, deferred, immediate, exclusive });
    const lentVariants = variants.map(([name, run]) => [name, this.whileLent(run as Call)]);
    return Object.assign(this.whileLent(made as Call), Object.fromEntries(lentVariants), {
      database: this.handle,
    });
  }

  private whileLent(run: Call): Call {
    const lent = this;
    return function (this: unknown, ...args) {
      lent.check();
      return run.apply(this, args);
    };
  }

  private inspect(sql: unknown, call: "script" | "statement"): void {
    this.check();
    if (typeof sql !== "string") return;
    const { reshaped } = this.rules.inspect(sql, call);
    for (const name of reshaped) this.objectsBefore.push(...schemaObjectsOf(this.db, name));
  }

  private check(): void {
    if (this.isOver) this.refuse("over");
    if (this.rules.needsTransaction && !this.db.inTransaction) this.refuse("lost");
  }

  private refuse(why: Parameters<LendingRules["refuse"]>[0]): never {
    throw this.rules.refuse(why);
  }
}

function isAsync(body: unknown): boolean {
  return typeof body === "function" && body.constructor.name === "AsyncFunction";
}
