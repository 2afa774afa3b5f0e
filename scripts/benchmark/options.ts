import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

export interface Options {
  readonly rounds: number;
  /** Names of workloads. */
  readonly only: readonly string[];
  /** Null where it is to be built. */
  readonly binary: string | null;
  readonly folder: string;
  /** Null for the usual place. */
  readonly peers: string | null;
  readonly writesTable: boolean;
  readonly records: boolean;
  readonly checks: boolean;
}

export class UsageError extends Error {}

const FLAGS =
  "--rounds N, --only NAME,NAME, --binary PATH, --folder DIR, --peers DIR, --write-table, --record and --check";

/** @throws UsageError for what is no flag, no workload or makes no sense */
export function readOptions(argv: readonly string[], names: readonly string[]): Options {
  const values = parse(argv);
  const rounds = Number(values.rounds);
  if (!Number.isSafeInteger(rounds) || rounds < 1)
    throw new UsageError(`--rounds ${values.rounds} is not a whole number from 1`);
  const only = values.only?.split(",") ?? names;
  const unknown = only.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new UsageError(`there is no workload ${unknown}: ${names.join(", ")}`);
  if (values["write-table"] && names.some((name) => !only.includes(name)))
    throw new UsageError("--write-table is for the whole of it: leave out --only");
  if (values.record && values.check)
    throw new UsageError("--record would write what --check compares with: take one of them");
  return {
    rounds,
    only,
    binary: values.binary === undefined ? null : resolve(values.binary),
    folder: resolve(values.folder ?? tmpdir()),
    peers: values.peers === undefined ? null : resolve(values.peers),
    writesTable: values["write-table"],
    records: values.record,
    checks: values.check,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        rounds: { type: "string", default: "10" },
        only: { type: "string" },
        binary: { type: "string" },
        folder: { type: "string" },
        peers: { type: "string" },
        "write-table": { type: "boolean", default: false },
        record: { type: "boolean", default: false },
        check: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}; the flags are ${FLAGS}`);
  }
}
