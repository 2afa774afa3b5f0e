import type { CliProject } from "./cli-project.ts";
import { digestOf } from "./digest.ts";
import type { Ended } from "./run-godwit.ts";

/** What the executable says when it refuses or fails, as a person reads it. */
export interface Refused {
  readonly exitCode: number;
  readonly code: string;
  readonly message: string;
  /** `file`, `file:line` or `file:line:column`; "" where no file is meant. */
  readonly place: string;
  /** What is true of the database, in words. */
  readonly state: string;
  readonly hint: string;
  readonly text: string;
}

/** Runs `migrate`, or what is given, and requires a whole refusal that leaves the bytes of the database as they were. */
export async function refused(project: CliProject, ...args: readonly string[]): Promise<Refused> {
  const command = [...(args.length === 0 ? ["migrate"] : args), "--db", "app.db"];
  const before = digestOf(project.path);
  const shown = await project.godwit(...command);
  const refusal = parsed(shown);
  if (digestOf(project.path) !== before)
    throw new Error(`the database was changed by a refusal: ${shown.stderr}`);
  return refusal;
}

const STATE = /^ {2}((?:unchanged|rolled back|left changed|unknown)\b.*)$/m;

function parsed({ stderr, exitCode }: Ended): Refused {
  const [, code, message] = /^error\[([A-Z_]+)\] (.+)$/m.exec(stderr) ?? [];
  if (code === undefined || message === undefined || exitCode === 0)
    throw new Error(`expected a refusal, exit code ${exitCode}: ${stderr}`);
  const place =
    /^ {2}(\S.*\.(?:sql|ts|js|py)\b[^\n]*)$/im.exec(stderr.slice(stderr.indexOf(message)))?.[1] ?? "";
  const state = STATE.exec(stderr)?.[1] ?? "";
  const hint = /^ {2}hint: (.+)$/m.exec(stderr)?.[1] ?? "";
  if (hint === "" || (state === "" && exitCode > 2))
    throw new Error(`a refusal names the state of the database and the next step: ${stderr}`);
  return { exitCode, code, message, place, state, hint, text: stderr };
}
