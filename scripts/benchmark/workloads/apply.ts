import { NODE_PEERS } from "../appliers.ts";
import { applies, bareApplies, shellApplies, type Work } from "../contenders.ts";
import type { Workload } from "../workload.ts";

const TABLES: Work = { kind: "tables", count: 1000 };
const MANY_TABLES: Work = { kind: "tables", count: 10_000 };
const CODE: Work = { kind: "filled-tables", count: 200, isCode: true };

export const apply1000: Workload = {
  name: "apply-1000",
  contenders: (place) => [
    applies("godwit", place, TABLES),
    bareApplies(place, TABLES),
    shellApplies(place, TABLES),
    applies("dbmate", place, TABLES),
    applies("sql-migrate", place, TABLES),
    ...NODE_PEERS.map((peer) => applies(peer, place, TABLES)),
    applies("godwit", place, TABLES, {
      id: "godwit-commit-each",
      note: "--commit each",
      flags: ["--commit", "each"],
    }),
  ],
};

/** For each new table SQLite goes through the whole schema: most of this time is the square of the tables, in every tool. */
export const apply10000: Workload = {
  name: "apply-10000",
  isLong: true,
  contenders: (place) => [applies("godwit", place, MANY_TABLES), shellApplies(place, MANY_TABLES)],
};

/** The same number of migrations, with a schema that does not grow. */
export const inserts: Workload = {
  name: "inserts",
  contenders: (place) => [
    applies("godwit", place, { kind: "inserts", count: 10_000 }, { note: "10,000 migrations" }),
    applies(
      "godwit",
      place,
      { kind: "inserts", count: 1000 },
      { id: "godwit-1000", note: "1,000 migrations" },
    ),
  ],
};

export const typescript200: Workload = {
  name: "typescript-200",
  contenders: (place) => [
    applies("godwit", place, CODE),
    bareApplies(place, CODE),
    applies("knex", place, CODE),
    applies("kysely", place, CODE),
    applies("umzug", place, CODE),
  ],
};
