/** Time, as the engine is given it. */
export interface Clock {
  now(): Date;
  /** Milliseconds that never run backwards, from any start. */
  elapsed(): number;
  sleep(milliseconds: number): Promise<void>;
}

export const SYSTEM_CLOCK: Clock = {
  now: () => new Date(),
  elapsed: () => performance.now(),
  sleep: (milliseconds) => Bun.sleep(milliseconds),
};
