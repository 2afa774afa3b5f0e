import type { Clock } from "../../src/base/clock.ts";

/** Time that only sleeping and `advance` move. */
export class FakeClock implements Clock {
  readonly sleeps: number[] = [];
  /** Called after each sleep with the time that has gone by. */
  onSleep: (elapsed: number) => void = () => {};
  private milliseconds = 0;

  now(): Date {
    return new Date(Date.UTC(2026, 1, 14, 12, 0, 0) + this.milliseconds);
  }

  elapsed(): number {
    return this.milliseconds;
  }

  advance(milliseconds: number): void {
    this.milliseconds += milliseconds;
  }

  async sleep(milliseconds: number): Promise<void> {
    this.sleeps.push(milliseconds);
    this.milliseconds += milliseconds;
    this.onSleep(this.milliseconds);
  }
}
