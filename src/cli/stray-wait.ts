import type { Migration } from "../migrations/migration.ts";

/** Something that godwit awaits while code may fail beside it; the first such failure ends the waiting. */
export class StrayWait {
  /** It is no code, but the pause before a lock is tried again. */
  readonly isPause: boolean;
  /** The migration that is imported. */
  readonly migration: Migration | null;
  private stray: { readonly thrown: unknown } | null = null;
  private reject: (thrown: unknown) => void = () => {};

  constructor(awaited?: Migration | "pause") {
    this.isPause = awaited === "pause";
    this.migration = awaited === undefined || awaited === "pause" ? null : awaited;
  }

  get isFailed(): boolean {
    return this.stray !== null;
  }

  fail(thrown: unknown): void {
    this.stray ??= { thrown };
    this.reject(thrown);
  }

  /** What `action` gives; throws a failure beside it also where code caught it, or came to its end first. */
  async during<T>(action: () => Promise<T>): Promise<T> {
    const result = await new Promise<T>((resolve, reject) => {
      this.reject = reject;
      action().then(resolve, reject);
    });
    if (this.stray !== null) throw this.stray.thrown;
    return result;
  }
}
