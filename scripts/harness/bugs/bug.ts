import type { Section } from "../section.ts";

/** One change of one source file that makes godwit wrong. */
export interface Bug {
  readonly name: string;
  /** Below `src`. */
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  /** Each of these must see it. */
  readonly caughtBy: readonly Section[];
}
