import type { GodwitError } from "../../src/base/failure.ts";
import { failureOf } from "./failures.ts";

/** The parts of a failure that a user reads. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly line: number | null | undefined;
  readonly column: number | null | undefined;
}

export function refusalIn(failure: GodwitError): Refusal {
  const { code, message, hint, location } = failure;
  return { code, message, hint, line: location?.line, column: location?.column };
}

export async function refusalOf(action: Promise<unknown> | (() => unknown)): Promise<Refusal> {
  return refusalIn(await failureOf(action));
}
