import { GodwitError } from "../base/failure.ts";
import type { PreparedStep } from "./prepare.ts";
import { locateCause } from "./step-place.ts";

/** What one of several steps failed with that were run together. */
export class StepFailure extends Error {
  override readonly name = "StepFailure";
  readonly step: PreparedStep;

  constructor(step: PreparedStep, cause: unknown) {
    super(`${step.migration.version} failed`, { cause });
    this.step = step;
  }
}

export function transactionLost(step: PreparedStep): GodwitError {
  const by = step.work.kind === "code" ? "its code" : "one of its statements";
  return new GodwitError("TRANSACTION_LOST", `${step.migration.version} ended the transaction it ran in`, {
    location: locateCause(step, []),
    hint: `take the COMMIT or ROLLBACK out of ${by}: each migration already is one transaction`,
  });
}

export function leftOpen(step: PreparedStep): GodwitError {
  return new GodwitError(
    "TRANSACTION_LOST",
    `${step.migration.version} began a transaction and did not end it`,
    {
      location: locateCause(step, []),
    },
  );
}

export function describeHalfWay({ work }: PreparedStep, ran: number): string {
  if (work.kind === "code") return "left changed: what the code did before it failed stays";
  return `left changed: ${ran} of ${work.statements.length} statements ran and stay`;
}

export function halfWayHint({ migration }: PreparedStep): string {
  return `finish or undo it by hand, then: godwit mark ${migration.version} --applied (or --pending)`;
}
