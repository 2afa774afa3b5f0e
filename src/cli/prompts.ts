import { GodwitError } from "../base/failure.ts";

/** Questions at a terminal. They are drawn on stderr, since stdout carries results. */

/** @throws GodwitError CANCELLED */
export async function askText(message: string, placeholder: string): Promise<string> {
  const { text } = await import("@clack/prompts");
  const validate = (value: string | undefined) => (value?.trim() ? undefined : "Describe it in a few words.");
  return answered<string>(await text({ message, placeholder, validate, output: process.stderr }));
}

/** @throws GodwitError CANCELLED */
export async function askChoice<T extends string>(
  message: string,
  choices: readonly { readonly value: T; readonly label: string }[],
): Promise<T> {
  const { select } = await import("@clack/prompts");
  const options = choices.map(({ value, label }) => ({ value: value as string, label }));
  return answered<string>(await select({ message, options, output: process.stderr })) as T;
}

/** @throws GodwitError CANCELLED, also where the answer is no. */
export async function requireYes(message: string): Promise<void> {
  const { confirm } = await import("@clack/prompts");
  if (!answered<boolean>(await confirm({ message, initialValue: false, output: process.stderr })))
    throw cancelled();
}

/** clack gives a symbol where the question was cancelled. */
function answered<T extends string | boolean>(answer: T | symbol): T {
  if (typeof answer === "symbol") throw cancelled();
  return answer;
}

function cancelled(): GodwitError {
  return new GodwitError("CANCELLED", "cancelled; nothing was changed");
}
