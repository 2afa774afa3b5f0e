import type { EventListener, FinishedStep } from "./events.ts";
import { finish } from "./step-runner.ts";

/** Which steps of a run are done, and which of them are committed: only those are told of. */
export class RunLedger {
  /** Steps that are done but not committed. */
  uncommitted: FinishedStep[] = [];
  readonly committed: FinishedStep[] = [];
  private readonly emit: EventListener;

  constructor(emit: EventListener) {
    this.emit = emit;
  }

  get length(): number {
    return this.committed.length + this.uncommitted.length;
  }

  /** A step that is committed. */
  conclude(step: FinishedStep): void {
    this.committed.push(step);
    this.emit(finish(step));
  }

  concludeAll(): void {
    const steps = this.uncommitted;
    this.uncommitted = [];
    for (const step of steps) this.conclude(step);
  }

  /** After a transaction was ended by code: those whose rows are in the history were committed with it. */
  concludeRecorded(recorded: ReadonlySet<string>): void {
    const isKept = ({ version, direction }: FinishedStep) => recorded.has(version) === (direction === "up");
    const kept = this.uncommitted.filter(isKept);
    this.uncommitted = this.uncommitted.filter((step) => !isKept(step));
    for (const step of kept) this.conclude(step);
  }

  /** The uncommitted are gone. @returns how many there were */
  drop(): number {
    const { length } = this.uncommitted;
    this.uncommitted = [];
    return length;
  }
}
