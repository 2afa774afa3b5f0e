import { cpus, release, type } from "node:os";

export interface Machine {
  readonly cores: number;
  readonly model: string;
  readonly kernel: string;
}

export function thisMachine(): Machine {
  const processors = cpus();
  return {
    cores: processors.length,
    model: processors[0]?.model.trim() ?? "unknown",
    kernel: `${type()} ${release()}`,
  };
}
