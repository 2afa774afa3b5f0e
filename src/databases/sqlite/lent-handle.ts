import type { Database, Statement } from "bun:sqlite";
import type { LendingRules, Lent, SchemaObject } from "../connection.ts";
import { schemaObjects } from "./schema-objects.ts";

type Call = (...args: unknown[]) => unknown;

/** SQL texts whose statements are kept, so that the same text gives the same statement, as Database.query does. */
const STATEMENTS_KEPT = 50;

/**
 * A handle as code of a migration gets it: bun:sqlite's Database in all it offers, but for what would end or hide something. What is lent can be taken
 * back: afterwards the handle throws, and so does every statement made through it.
 */
export class LentHandle implements Lent {
  readonly handle: Database;
  private readonly db: Database;
  private readonly rules: LendingRules;
  private isOver = false;
  private objects: readonly SchemaObject[] | null = null;
  private readonly made: WeakRef<Statement>[] = [];
  private readonly queries = new Map<string, Statement>();
  /** Made once for each name, so that a loop that calls `db.run` makes no function each time. */
  private readonly members = new Map<string | symbol, unknown>();

  constructor(db: Database, rules: LendingRules) {
    this.db = db;
    this.rules = rules;
    for (const name of ["run", "exec"] as const) this.members.set(name, this.script(name));
    this.members.set("prepare", (sql: string, ...rest: unknown[]) => this.prepare(sql, ...rest));
    this.members.set("query", (sql: string) => this.query(sql));
    this.members.set("transaction", (body: Call) => this.transaction(body));
    for (const name of ["close", Symbol.dispose]) this.members.set(name, () => this.refuse("close"));
    // Database keeps its state in private fields, which a proxy has none of: what it calls, it calls on the database itself.
    this.handle = new Proxy(db, { get: (_, name) => this.member(name) });
  }

  get objectsBefore(): readonly SchemaObject[] | null {
    return this.objects;
  }

  end(): void {
    this.isOver = true;
    for (const reference of this.made) reference.deref()?.finalize();
    this.queries.clear();
  }

  private member(name: string | symbol): unknown {
    if (this.isOver) this.refuse("over");
    const known = this.members.get(name);
    if (known !== undefined) return known;
    const value: unknown = Reflect.get(this.db, name, this.db);
    if (typeof value !== "function" || name === "constructor") return value;
    const bound = (value as Call).bind(this.db);
    this.members.set(name, bound);
    return bound;
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
    this.made.push(new WeakRef(statement));
    return statement;
  }

  private query(sql: string): Statement {
    const known = this.queries.get(sql);
    if (known !== undefined && !(known as unknown as { isFinalized: boolean }).isFinalized) {
      this.inspect(sql, "statement");
      return known;
    }
    const statement = this.prepare(sql);
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
    const variants = {
      default: made,
      deferred: made.deferred,
      immediate: made.immediate,
      exclusive: made.exclusive,
    };
    const wrapped = Object.entries(variants).map(
      ([name, run]) => [name, this.whileLent(run as Call)] as const,
    );
    const result = this.whileLent(made as Call);
    return Object.assign(result, Object.fromEntries(wrapped), { database: this.handle });
  }

  private whileLent(run: Call): Call {
    const lent = this;
    return function (this: unknown, ...args) {
      if (lent.isOver) lent.refuse("over");
      return run.apply(this, args);
    };
  }

  private inspect(sql: unknown, call: "script" | "statement"): void {
    if (this.isOver) this.refuse("over");
    if (typeof sql !== "string") return;
    const { reshapes } = this.rules.inspect(sql, call);
    if (reshapes) this.objects ??= schemaObjects(this.db);
  }

  private refuse(why: Parameters<LendingRules["refuse"]>[0]): never {
    throw this.rules.refuse(why);
  }
}

function isAsync(body: unknown): boolean {
  return typeof body === "function" && body.constructor.name === "AsyncFunction";
}
