import { APPLIERS, type ApplierName, dbmateFlags } from "../appliers.ts";
import { findsNothing, type Work } from "../contenders.ts";
import { mustBe } from "../project.ts";
import type { Contender, Place, Workload } from "../workload.ts";

const WORK: Work = { kind: "tables", count: 10_000 };

export const status10000: Workload = {
  name: "status-10000",
  contenders: (place) => [
    shows("godwit", place, {
      parameters: (folder) => ["status", "--json", "--db", "app.db", "--dir", folder],
      countApplied: (stdout) => JSON.parse(stdout).summary.applied,
    }),
    shows("dbmate", place, {
      parameters: (folder) => [...dbmateFlags(folder), "status"],
      countApplied: (stdout) => Number(/^Applied: (\d+)$/m.exec(stdout)?.[1]),
    }),
  ],
};

interface Status {
  parameters(folder: string): readonly string[];
  countApplied(stdout: string): number;
}

function shows(tool: ApplierName, place: Place, { parameters, countApplied }: Status): Contender {
  const folder = place.files.pathOf(APPLIERS[tool].shape, WORK.kind, WORK.count);
  return {
    ...findsNothing(tool, place, WORK),
    parameters: parameters(folder),
    verify: (stdout) => mustBe("applied", countApplied(stdout), WORK.count),
  };
}
