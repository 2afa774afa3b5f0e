import { GodwitError } from "../base/failure.ts";

/**
 * COMMIT has failed, and the history says that it is done: what makes a commit last comes after the journal is gone, and then nothing takes it back.
 */
export class CommittedAllTheSame extends GodwitError {
  constructor(failure: GodwitError) {
    super(failure.code, failure.message, {
      outcome: "left_changed",
      state: "left changed: what was done is committed, but may not be on the disk",
      hint: "check the disk, then see: godwit status",
      cause: failure.cause,
    });
  }
}
