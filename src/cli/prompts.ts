import type { Writable } from "node:stream";
import { GodwitError } from "../base/failure.ts";

/** Questions at a terminal. They are drawn on stderr, since stdout carries results. */

/** @throws GodwitError CANCELLED */
export async function askText(message: string, placeholder: string): Promise<string> {
  const { text } = await import("@clack/prompts");
  const validate = (value: string | undefined) => (value?.trim() ? undefined : "Describe it in a few words.");
  return ask<string>((common) => text({ message, placeholder, validate, ...common }));
}

/** @throws GodwitError CANCELLED */
export async function askChoice<T extends string>(
  message: string,
  choices: readonly { readonly value: T; readonly label: string }[],
): Promise<T> {
  const { select } = await import("@clack/prompts");
  const options = choices.map(({ value, label }) => ({ value: value as string, label }));
  return (await ask<string>((common) => select({ message, options, ...common }))) as T;
}

/** @throws GodwitError CANCELLED, also where the answer is no. */
export async function requireYes(message: string): Promise<void> {
  const { confirm } = await import("@clack/prompts");
  if (!(await ask<boolean>((common) => confirm({ message, initialValue: false, ...common }))))
    throw cancelled();
}

interface CommonOptions {
  readonly output: Writable;
  readonly signal: AbortSignal;
}

/** Ctrl-C and Escape give clack's symbol; at Ctrl-D it would wait for ever, so that one is made a cancel here. */
async function ask<T extends string | boolean>(
  prompt: (common: CommonOptions) => Promise<T | symbol>,
): Promise<T> {
  const controller = new AbortController();
  const onKey = (_: unknown, key: { readonly ctrl?: boolean; readonly name?: string } | undefined) => {
    if (key?.ctrl === true && key.name === "d") controller.abort();
  };
  process.stdin.on("keypress", onKey);
  try {
    const answer = await prompt({ output: process.stderr, signal: controller.signal });
    if (typeof answer === "symbol") throw cancelled();
    return answer;
  } finally {
    process.stdin.off("keypress", onKey);
  }
}

function cancelled(): GodwitError {
  return new GodwitError("CANCELLED", "cancelled; nothing was changed");
}
