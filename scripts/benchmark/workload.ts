import type { FileSets } from "./file-sets.ts";
import type { Project } from "./project.ts";
import type { ToolName } from "./tool.ts";

/** Runs the contender's tool with other arguments, untimed. */
type Run = (parameters: readonly string[]) => void;

/** One whole process that a workload measures. */
export interface Contender {
  /** Unique in its workload: limits name it. */
  readonly id: string;
  readonly tool: ToolName;
  /** What sets it apart from others of the same tool. */
  readonly note?: string;
  readonly parameters: readonly string[];
  readonly project: Project;
  /** Before the first round, untimed: files, and databases that `prepare` copies. */
  create?(run: Run): void;
  /** Before every run, untimed. */
  prepare?(): void;
  /** After the first run. @throws Error where it has not done its work */
  verify(stdout: string): void;
}

export interface Workload {
  readonly name: string;
  /** For the one that takes minutes: a third of the rounds, and no fewer than three. */
  readonly isLong?: boolean;
  /** The first is the one that the others are compared with. Nothing is written before they are asked to. */
  contenders(place: Place): readonly Contender[];
}

export interface Place {
  readonly files: FileSets;
  /** The workload's own folder. */
  readonly folder: string;
}

const LEAST_OF_LONG = 3;

export function roundsOf({ isLong = false }: Pick<Workload, "isLong">, rounds: number): number {
  return isLong ? Math.min(rounds, Math.max(LEAST_OF_LONG, Math.round(rounds / 3))) : rounds;
}
