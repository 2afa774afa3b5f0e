import { describe, expect, test } from "bun:test";
import {
  blocksAsMissing,
  computeState,
  isSound,
  isUpToDate,
  type MigrationState,
  newestApplied,
  summarise,
} from "../../src/engine/state.ts";
import { EMPTY_HISTORY } from "../../src/history/history.ts";
import {
  entriesOf,
  happened,
  history,
  intended,
  python,
  type Situation,
  stopped,
  v,
} from "../support/intent.ts";

interface Row extends Situation {
  readonly name: string;
  readonly states: Readonly<Record<string, MigrationState>>;
  readonly sound: boolean;
}

const ROWS: readonly Row[] = [
  { name: "nothing anywhere", files: [], states: {}, sound: true },
  {
    name: "files without a history are pending",
    files: [intended(1), intended(2)],
    states: { [v(1)]: "pending", [v(2)]: "pending" },
    sound: false,
  },
  {
    name: "a row with the file's checksum is applied",
    files: [intended(1)],
    applied: [happened(1)],
    states: { [v(1)]: "applied" },
    sound: true,
  },
  {
    name: "a row with another checksum is changed",
    files: [intended(1)],
    applied: [happened(1, { checksum: "other" })],
    states: { [v(1)]: "changed" },
    sound: false,
  },
  {
    name: "a row without a checksum is applied and unverified",
    files: [intended(1)],
    applied: [happened(1, { checksum: null })],
    states: { [v(1)]: "applied" },
    sound: true,
  },
  {
    name: "a Python file has no checksum to differ from",
    files: [python(1)],
    applied: [happened(1, { checksum: "from elsewhere" })],
    states: { [v(1)]: "applied" },
    sound: true,
  },
  {
    name: "a pending file newer than the newest row is pending",
    files: [intended(1), intended(2)],
    applied: [happened(1)],
    states: { [v(1)]: "applied", [v(2)]: "pending" },
    sound: false,
  },
  {
    name: "a pending file older than the newest row is out of order",
    files: [intended(1), intended(2)],
    applied: [happened(2)],
    states: { [v(1)]: "out_of_order", [v(2)]: "applied" },
    sound: false,
  },
  {
    name: "a row with a checksum and no file is missing and not sound",
    files: [intended(2)],
    applied: [happened(1), happened(2)],
    states: { [v(1)]: "missing", [v(2)]: "applied" },
    sound: false,
  },
  {
    name: "a row without a checksum and no file is missing and sound",
    files: [intended(2)],
    applied: [happened(1, { checksum: null }), happened(2)],
    states: { [v(1)]: "missing", [v(2)]: "applied" },
    sound: true,
  },
  {
    name: "incomplete wins over pending",
    files: [intended(1)],
    incomplete: [stopped(1)],
    states: { [v(1)]: "incomplete" },
    sound: false,
  },
  {
    name: "incomplete wins over applied: a way down that stopped",
    files: [intended(1)],
    applied: [happened(1)],
    incomplete: [stopped(1)],
    states: { [v(1)]: "incomplete" },
    sound: false,
  },
  {
    name: "incomplete without a file or a row is still shown",
    files: [],
    incomplete: [stopped(4)],
    states: { [v(4)]: "incomplete" },
    sound: false,
  },
  {
    name: "a row whose version is no version makes nothing out of order",
    files: [intended(1)],
    applied: [happened(1, { version: "zebra", checksum: null })],
    states: { [v(1)]: "pending", zebra: "missing" },
    sound: false,
  },
];

describe("computeState", () => {
  test.each(ROWS)("$name", (row) => {
    const entries = entriesOf(row);
    expect(Object.fromEntries(entries.map(({ version, state }) => [version, state]))).toEqual(row.states);
    expect(isSound(entries)).toBe(row.sound);
  });

  test("lists the versions lowest first, whatever order they come in", () => {
    const entries = computeState(
      [intended(3), intended(1)],
      history([happened(2, { checksum: null })], [stopped(4)]),
    );
    expect(entries.map(({ version }) => version)).toEqual([v(1), v(2), v(3), v(4)]);
  });

  test("keeps file, row and note together under one version", () => {
    const [entry] = computeState([intended(1)], history([happened(1)], [stopped(1, 7)]));
    expect(entry).toEqual({
      version: v(1),
      state: "incomplete",
      migration: intended(1),
      record: happened(1),
      incomplete: stopped(1, 7),
    });
  });
});

describe("a history is up to date", () => {
  test("where it has every file as it is, and nothing else", () => {
    expect(isUpToDate([], EMPTY_HISTORY)).toBe(true);
    expect(isUpToDate([intended(1), intended(2)], history([happened(1), happened(2)]))).toBe(true);
  });

  test.each([
    { files: [intended(1), intended(2)], applied: [happened(1)] },
    { files: [intended(1)], applied: [happened(1), happened(2)] },
    { files: [intended(1), intended(3)], applied: [happened(1), happened(2)] },
    { files: [intended(1)], applied: [happened(1, { checksum: "other" })] },
    { files: [intended(1)], applied: [happened(1, { checksum: null })] },
    { files: [intended(1, { checksum: null })], applied: [happened(1, { checksum: null })] },
    { files: [intended(1)], applied: [happened(1)], incomplete: [stopped(1)] },
  ])("and not otherwise: %#", ({ files, applied, incomplete = [] }) => {
    expect(isUpToDate(files, history(applied, incomplete))).toBe(false);
  });
});

test("newestApplied is the highest version that is one", () => {
  expect(newestApplied(EMPTY_HISTORY)).toBeNull();
  expect(newestApplied(history([happened(1), happened(2)]))).toBe(v(2));
  expect(newestApplied(history([happened(1), happened(2, { version: "by-hand" })]))).toBe(v(1));
  expect(newestApplied(history([happened(1, { version: "by-hand" })]))).toBeNull();
});

test("summarise counts every state, also those that do not occur", () => {
  const entries = entriesOf({
    files: [intended(1), intended(2), intended(3), intended(4), intended(6)],
    applied: [happened(1), happened(3, { checksum: "other" }), happened(5)],
    incomplete: [stopped(4)],
  });
  expect(summarise(entries)).toEqual({
    applied: 1,
    out_of_order: 1,
    changed: 1,
    incomplete: 1,
    missing: 1,
    pending: 1,
  });
  expect(summarise([])).toEqual({
    applied: 0,
    pending: 0,
    out_of_order: 0,
    changed: 0,
    missing: 0,
    incomplete: 0,
  });
});

test("only a missing file whose row has a checksum blocks", () => {
  const [hashed, unhashed, present] = entriesOf({
    files: [intended(3)],
    applied: [happened(1), happened(2, { checksum: null }), happened(3)],
  });
  expect([hashed, unhashed, present].map((entry) => blocksAsMissing(entry!))).toEqual([true, false, false]);
});
