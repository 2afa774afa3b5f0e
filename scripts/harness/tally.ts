import type { SectionOptions, SectionResult } from "./section.ts";

const KEPT = 50;

/** What a section counts and finds as it goes. */
export class Tally {
  private readonly counts = new Map<string, number>();
  private readonly violations: string[] = [];
  private readonly options: SectionOptions;
  private found = 0;

  constructor(options: SectionOptions) {
    this.options = options;
  }

  count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }

  of(what: string): number {
    return this.counts.get(what) ?? 0;
  }

  /** Every problem of one case becomes a violation. */
  judge(about: string, problems: readonly string[]): void {
    this.found += problems.length;
    for (const problem of problems) {
      if (this.violations.length < KEPT) this.violations.push(`${about}: ${problem}`);
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
