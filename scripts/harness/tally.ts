import type { SectionOptions, SectionResult } from "./section.ts";

const KEPT = 50;

/** What a section counts and finds as it goes. */
export class Tally {
  private readonly counts = new Map<string, number>();
  private readonly violations: string[] = [];
  private readonly options: SectionOptions;
  private found = 0;

  /** The names come in the table in this order, also what was never counted. */
  constructor(options: SectionOptions, names: readonly string[]) {
    this.options = options;
    for (const name of names) this.counts.set(name, 0);
  }

  /** @throws for a name that the section has not given. */
  count(what: string, by = 1): void {
    this.counts.set(what, this.of(what) + by);
  }

  of(what: string): number {
    const count = this.counts.get(what);
    if (count === undefined) throw new Error(`there is no count of ${what}`);
    return count;
  }

  /** Every problem of one case becomes a violation. */
  judge(about: string, problems: readonly string[]): void {
    this.found += problems.length;
    for (const problem of problems) {
      if (this.violations.length >= KEPT) return;
      const violation = `${about}: ${problem.replace(/\s+/g, " ")}`;
      this.violations.push(violation);
      this.options.found?.(violation);
    }
  }

  get shouldStop(): boolean {
    return this.options.stopAtFirst && this.found > 0;
  }

  result(): SectionResult {
    const rest = this.found - this.violations.length;
    return {
      counts: Object.fromEntries(this.counts),
      violations: rest > 0 ? [...this.violations, `and ${rest} more`] : this.violations,
    };
  }
}
