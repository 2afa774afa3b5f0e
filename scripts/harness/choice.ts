import { Random } from "./random.ts";

/** Random choices that a seed gives again. */
export class Choice extends Random {
  of<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  isOneIn(count: number): boolean {
    return this.below(count) === 0;
  }
}
