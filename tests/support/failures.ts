import { GodwitError } from "../../src/base/failure.ts";
import { DatabaseError } from "../../src/databases/database-error.ts";

/** The GodwitError that `action` throws or rejects with; anything else, or nothing, fails the test. */
export async function failureOf(action: Promise<unknown> | (() => unknown)): Promise<GodwitError> {
  const thrown = await thrownBy(action);
  if (thrown instanceof GodwitError) return thrown;
  throw new Error("expected a GodwitError", { cause: thrown });
}

export async function databaseErrorOf(action: Promise<unknown> | (() => unknown)): Promise<DatabaseError> {
  const thrown = await thrownBy(action);
  if (thrown instanceof DatabaseError) return thrown;
  throw new Error("expected a DatabaseError", { cause: thrown });
}

async function thrownBy(action: Promise<unknown> | (() => unknown)): Promise<unknown> {
  try {
    await (typeof action === "function" ? action() : action);
  } catch (thrown) {
    return thrown;
  }
  throw new Error("expected a failure, but all went well");
}
