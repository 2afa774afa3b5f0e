import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import fc from "fast-check";
import { type RestorePoint, RestorePoints, surplusOf } from "../../src/history/restore-points.ts";
import { TempDir } from "../support/temp-dir.ts";

const NOON = new Date("2026-02-14T12:00:00.789Z");

function pointsIn(folder: TempDir): RestorePoints {
  folder.write("app.db", "");
  const points = new RestorePoints(folder.join("app.db"));
  points.folder.make();
  return points;
}

function adopt(points: RestorePoints, text: string, moment = NOON): RestorePoint {
  const copy = `${points.folder.path}/copy`;
  writeFileSync(copy, text);
  return points.adopt(copy, moment);
}

describe("the restore points of a database", () => {
  test("are none where there is no folder", () => {
    using folder = new TempDir();
    expect(new RestorePoints(folder.join("app.db")).list()).toEqual([]);
  });

  test("are named after the second, and numbered within it; none is replaced", () => {
    using folder = new TempDir();
    const points = pointsIn(folder);
    const made = ["a", "b", "c"].map((text) => adopt(points, text).id);
    expect(made).toEqual(["20260214T120000Z", "20260214T120000Z-2", "20260214T120000Z-3"]);
    expect(points.list()[0]).toEqual({
      id: "20260214T120000Z-3",
      file: folder.join("app.db.godwit/20260214T120000Z-3.db"),
      bytes: 1,
      createdAt: "2026-02-14T12:00:00Z",
    });
    expect(existsSync(`${points.folder.path}/copy`)).toBe(false);
  });

  test("never get the number of one that is gone below one that is there", () => {
    using folder = new TempDir();
    const points = pointsIn(folder);
    const made = ["a", "b"].map((text) => adopt(points, text));
    points.remove(made[0]!);
    expect(adopt(points, "c").id).toBe("20260214T120000Z-3");
  });

  test("are listed newest first, by the moment and then by the number", () => {
    using folder = new TempDir();
    const points = pointsIn(folder);
    for (let n = 0; n < 11; n++) adopt(points, "");
    adopt(points, "", new Date("2026-02-14T11:59:59Z"));
    const ids = points.list().map(({ id }) => id.slice(9));
    expect(ids.slice(0, 3)).toEqual(["120000Z-11", "120000Z-10", "120000Z-9"]);
    expect(ids.at(-1)).toBe("115959Z");
  });

  test("are only files of such names", () => {
    using folder = new TempDir();
    const points = pointsIn(folder);
    adopt(points, "");
    for (const name of ["notes.db", "20260214T120000Z.db-journal", "20260214T120000Z-1x.db", "x.partial"])
      folder.write(`app.db.godwit/${name}`, "");
    folder.write("app.db.godwit/20260214T130000Z.db/inside", "");
    symlinkSync("/etc/passwd", folder.join("app.db.godwit/20260214T140000Z.db"));
    expect(points.list().map(({ id }) => id)).toEqual(["20260214T120000Z"]);
  });

  test("go oldest first when there are too many", () => {
    using folder = new TempDir();
    const points = pointsIn(folder);
    for (let n = 0; n < 7; n++) adopt(points, "x");
    const gone = points.prune({ keep: 5, maxBytes: null }).map(({ id }) => id);
    expect(gone.sort()).toEqual(["20260214T120000Z", "20260214T120000Z-2"]);
    expect(readdirSync(points.folder.path).filter((name) => name.endsWith(".db")).length).toBe(5);
  });
});

describe("which are too many or too much", () => {
  const point = fc.record({
    id: fc.string(),
    file: fc.string(),
    bytes: fc.nat(1000),
    createdAt: fc.string(),
  });

  test("never the newest, and what stays is within the limits", () => {
    fc.assert(
      fc.property(
        fc.array(point, { minLength: 1 }),
        fc.integer({ min: 1, max: 9 }),
        fc.option(fc.nat(3000)),
        (all, keep, maxBytes) => {
          const surplus = new Set(surplusOf(all, { keep, maxBytes }));
          const rest = all.filter((one) => !surplus.has(one));
          expect(rest[0]).toBe(all[0]!);
          expect(rest.length).toBeLessThanOrEqual(keep);
          const bytes = rest.reduce((sum, one) => sum + one.bytes, 0);
          if (maxBytes !== null && rest.length > 1) expect(bytes).toBeLessThanOrEqual(maxBytes);
        },
      ),
    );
  });
});
