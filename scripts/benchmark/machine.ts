import { cpus, release, type } from "node:os";

export interface Machine {
  readonly cores: number;
  readonly model: string;
  /** Without what its builder has added. */
  readonly kernel: string;
}

export function thisMachine(): Machine {
  const processors = cpus();
  return {
    cores: processors.length,
    model: processors[0]?.model.trim() ?? "unknown",
    kernel: `${type()} ${/^\d+\.\d+/.exec(release())?.[0] ?? "unknown"}`,
  };
}
