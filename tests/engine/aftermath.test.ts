import { expect, test } from "bun:test";
import { type Aftermath, describeAftermath } from "../../src/engine/aftermath.ts";

const FAILED: Aftermath = { outcome: "rolled_back", newest: "20260214120000", kept: 0, undone: 0 };

test.each<[string, Partial<Aftermath>, string]>([
  ["one failed alone", {}, "rolled back: the database is at 20260214120000"],
  ["nothing is applied", { newest: null }, "rolled back: no migration is applied"],
  ["the history is gone", { newest: undefined }, "rolled back: the history cannot be read now"],
  [
    "earlier ones stay",
    { kept: 1 },
    "rolled back: the database is at 20260214120000 (1 earlier migration of this run stays done)",
  ],
  [
    "earlier ones stay and others went with it",
    { kept: 2, undone: 3 },
    "rolled back: the database is at 20260214120000 (2 earlier migrations of this run stay done, 3 earlier migrations of this run are undone again)",
  ],
  [
    "a commit failed",
    { newest: null, undone: 2, isAfterAll: true },
    "rolled back: no migration is applied (2 migrations of this run are undone again)",
  ],
  [
    "one went with it and something was committed",
    { outcome: "left_changed", undone: 1 },
    "left changed: what was committed stays, and the database is at 20260214120000 (1 earlier migration of this run is undone again)",
  ],
])("%s", (_name, change, words) => {
  expect(describeAftermath({ ...FAILED, ...change })).toBe(words);
});
