import { existsSync, readdirSync } from "node:fs";
import { applies, findsNothing, keepAs, verifyApplied, type Work } from "../contenders.ts";
import { mustBe, type Project } from "../project.ts";
import type { Contender, Place, Workload } from "../workload.ts";

const WORK: Work = { kind: "tables", count: 1000 };

/** dbmate rolls back one step in a run, so the way up is what stands beside. */
export const rollback1000: Workload = {
  name: "rollback-1000",
  contenders: (place) => [
    rollsBack(place, { id: "godwit", note: "rollback --all --yes", flags: [], restorePoints: 1 }),
    rollsBack(place, {
      id: "godwit-no-backup",
      note: "the same with --no-backup",
      flags: ["--no-backup"],
      restorePoints: 0,
    }),
    { ...applies("dbmate", place, WORK), note: "up" },
  ],
};

interface Variation {
  readonly id: string;
  readonly note: string;
  readonly flags: readonly string[];
  readonly restorePoints: number;
}

function rollsBack(place: Place, { id, note, flags, restorePoints }: Variation): Contender {
  const folder = place.files.pathOf("godwit", WORK.kind, WORK.count);
  const { project, tool, create } = findsNothing("godwit", place, WORK, { id });
  let applied = "";
  return {
    id,
    tool,
    note,
    parameters: ["rollback", "--all", "--yes", ...flags, "--db", "app.db", "--dir", folder],
    project,
    create(run) {
      create?.(run);
      applied = keepAs(project, "applied.db");
    },
    prepare: () => project.put(applied),
    verify() {
      verifyApplied(project, "godwit", { ...WORK, count: 0 });
      mustBe("restore points", countRestorePoints(project), restorePoints);
    },
  };
}

function countRestorePoints({ database }: Project): number {
  const folder = `${database}.godwit`;
  return existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".db")).length : 0;
}
