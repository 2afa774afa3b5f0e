import { NODE_PEERS } from "../appliers.ts";
import { findsNothing, type Work } from "../contenders.ts";
import { mustBe } from "../project.ts";
import type { Contender, Place, Workload } from "../workload.ts";

const WORK: Work = { kind: "tables", count: 1000 };
const MUCH: Work = { kind: "tables", count: 10_000 };

/** Everything is applied: what each deployment pays. */
export const noOp1000: Workload = {
  name: "no-op-1000",
  contenders(place) {
    const godwit = findsNothing("godwit", place, WORK);
    return [
      godwit,
      bare(godwit, place),
      findsNothing("dbmate", place, WORK),
      findsNothing("sql-migrate", place, WORK),
      ...NODE_PEERS.map((peer) => findsNothing(peer, place, WORK)),
    ];
  },
};

export const noOp10000: Workload = {
  name: "no-op-10000",
  contenders: (place) => [
    findsNothing("godwit", place, MUCH, { note: "10,000 applied" }),
    findsNothing("godwit", place, WORK, { id: "godwit-1000", note: "1,000 applied" }),
  ],
};

/** Reads the database that godwit has made. */
function bare({ project }: Contender, place: Place): Contender {
  return {
    id: "bare",
    tool: "bare/compare-files",
    parameters: [project.database, place.files.pathOf("godwit", WORK.kind, WORK.count)],
    project,
    verify: (stdout) => mustBe("files that are the same", Number(stdout), WORK.count),
  };
}
