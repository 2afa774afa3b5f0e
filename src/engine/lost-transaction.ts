/** The transaction that a step ran in is gone: rolled back by a statement or a full disk, or ended by the migration's own code. */
export class LostTransaction extends Error {
  override readonly name = "LostTransaction";
  /** What the user is told. */
  readonly failure: unknown;
  /** Whether a commit that is not the run's own has changed the file. */
  readonly isChanged: boolean;

  constructor(failure: unknown, isChanged: boolean) {
    super("the transaction is gone");
    this.failure = failure;
    this.isChanged = isChanged;
  }
}
