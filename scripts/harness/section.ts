/** What a section is run with. */
export interface SectionOptions {
  /** The executable under test. */
  readonly binary: string;
  readonly seed: number;
  /** Do the small part. */
  readonly isQuick: boolean;
  /** Stop at the first violation: what a seeded bug needs. */
  readonly stopAtFirst: boolean;
  /** A folder of the section's own for its files, there already. */
  readonly folder: string;
  /** The library to preload that logs calls or lets one fail. */
  readonly shim: string;
  progress(done: number, total: number | null): void;
  /** Told of each violation at once: a section can take most of an hour. */
  found?(violation: string): void;
}

export interface SectionResult {
  /** What was counted, for the table: "fault points": 10240. */
  readonly counts: Readonly<Record<string, number>>;
  /** One line each, with all that is needed to reproduce it; empty where all held. */
  readonly violations: readonly string[];
}

export interface Section {
  readonly name: string;
  run(options: SectionOptions): Promise<SectionResult>;
}
