import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const SOURCE = resolve(import.meta.dir, "../src");

/** From the ground up; a file imports only from floors below its own, and within it. */
const FLOORS = ["base", "sql", "databases", "migrations", "history", "engine", "features", "web", "cli"];

/** Packages and built-in modules that only certain places may know. */
const KEEPERS: readonly { readonly module: RegExp; readonly place: RegExp }[] = [
  { module: /^(bun|node):sqlite$/, place: /^databases\/sqlite\// },
  { module: /^(citty|consola|@bomb\.sh\/.*|@clack\/.*)$/, place: /^cli\// },
];

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = readdirSync(SOURCE, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".ts"),
);
const imports = files.flatMap(importsOf);

/** Statements and dynamic imports, types included; text inside templates (what `create` writes) is none of the file's own. */
function importsOf(file: string): Import[] {
  const text = readFileSync(join(SOURCE, file), "utf8").replace(/`(?:[^`\\]|\\.)*`/gs, "``");
  const pattern =
    /(?:^|\n)\s*(?:import|export)\b[^;"]*?\bfrom\s*"([^"]+)"|import\("([^"]+)"\)|(?:^|\n)import\s*"([^"]+)"/g;
  return [...text.matchAll(pattern)].map((match) => ({ from: file, to: match[1] ?? match[2] ?? match[3]! }));
}

function floorOf(file: string): number {
  const [folder] = file.split("/");
  return file.includes("/") ? FLOORS.indexOf(folder!) : FLOORS.length;
}

function targetOf({ from, to }: Import): string {
  return relative(SOURCE, resolve(SOURCE, dirname(from), to));
}

const inner = imports.filter(({ to }) => to.startsWith(".") && to.endsWith(".ts"));

describe("the floors", () => {
  test("every file stands on one of them or at the door", () => {
    const lost = files.filter(
      (file) => floorOf(file) === -1 || (!file.includes("/") && !["main.ts", "index.ts"].includes(file)),
    );
    expect(lost).toEqual([]);
  });

  test("imports are seen at all", () => {
    expect(inner.length).toBeGreaterThan(100);
    expect(imports.some(({ to }) => to === "bun:sqlite")).toBe(true);
  });

  test("a file imports only from its own floor and those below", () => {
    const upward = inner.filter((edge) => floorOf(targetOf(edge)) > floorOf(edge.from));
    expect(upward).toEqual([]);
  });

  test("features do not import each other", () => {
    const featureOf = (file: string) => /^features\/([^/]+)\//.exec(file)?.[1];
    const sideways = inner.filter((edge) => {
      const [from, to] = [featureOf(edge.from), featureOf(targetOf(edge))];
      return from !== undefined && to !== undefined && from !== to;
    });
    expect(sideways).toEqual([]);
  });

  test.each(KEEPERS)("$module is imported only in $place", ({ module, place }) => {
    const strays = imports.filter(({ from, to }) => module.test(to) && !place.test(from));
    expect(strays).toEqual([]);
  });
});

describe("the rooms", () => {
  test("no file is longer than 300 lines", () => {
    const long = files.filter((file) => readFileSync(join(SOURCE, file), "utf8").split("\n").length > 301);
    expect(long).toEqual([]);
  });

  test("no drawers and no barrels", () => {
    const drawers = files.filter((file) => /(^|\/)(utils?|helpers?|types|common|misc)(\.ts|\/)/.test(file));
    expect(drawers).toEqual([]);
    expect(files.filter((file) => /.\/index\.ts$/.test(file))).toEqual([]);
  });

  test("only the entry ends the process, and only reporters and outputs write", () => {
    const ends = files.filter((file) =>
      /\bprocess\.(exit|abort)\(|\bprocess\.kill\((?!pid, 0\))/.test(
        readFileSync(join(SOURCE, file), "utf8"),
      ),
    );
    expect(ends.filter((file) => file !== "main.ts" && file !== "cli/code-guard.ts")).toEqual([]);
    const prints = files.filter((file) =>
      /\bconsole\.\w+\(|\bprocess\.std(out|err)\.write\(/.test(readFileSync(join(SOURCE, file), "utf8")),
    );
    expect(prints).toEqual([]);
  });
});
