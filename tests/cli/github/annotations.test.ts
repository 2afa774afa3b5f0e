import { describe, expect, test } from "bun:test";
import { resolve } from "node:path";
import { GodwitError } from "../../../src/base/failure.ts";
import { annotateFailure, annotateNote, annotationLine } from "../../../src/cli/github/annotations.ts";

const PLAIN = {
  level: "error",
  title: "godwit: X",
  message: "wrong",
  file: null,
  line: null,
  column: null,
} as const;

describe("an annotation", () => {
  test("names file, line and column", () => {
    const line = annotationLine({ ...PLAIN, file: "migrations/1.sql", line: 3, column: 7 }, undefined);
    expect(line).toBe("::error file=migrations/1.sql,line=3,col=7,title=godwit%3A X::wrong");
  });

  test("without a file names none", () => {
    expect(annotationLine(PLAIN, "/work")).toBe("::error title=godwit%3A X::wrong");
  });

  test("names the file from the workspace, where it is in there", () => {
    const workspace = resolve("..");
    const folder = resolve(".").slice(workspace.length + 1);
    expect(annotationLine({ ...PLAIN, file: "m/1.sql" }, workspace)).toContain(`file=${folder}/m/1.sql,`);
    expect(annotationLine({ ...PLAIN, file: "/elsewhere/1.sql" }, workspace)).toContain(
      "file=/elsewhere/1.sql,",
    );
  });

  test("is one line, whatever is in it", () => {
    const odd = annotationLine(
      { ...PLAIN, file: "a,b:c%.sql", message: "50%\n::error::\u001b[31mred\r" },
      undefined,
    );
    expect(odd).toStartWith("::error file=a%2Cb%3Ac%25.sql,title=");
    expect(odd).toContain("::50%25%0A::error::");
    for (const character of ["\n", "\r", "\u001b"]) expect(odd).not.toContain(character);
  });
});

test("a failure is told with its details, its state and its hint, at its place", () => {
  const location = { file: "m/1.sql", line: 2, column: 5 };
  const details = Array.from({ length: 30 }, (_, index) => `row ${index}`);
  const error = new GodwitError("VERIFY_FAILED", "verify found 30 rows", {
    location,
    details,
    hint: "mend them",
  });
  const { message, ...rest } = annotateFailure(error);
  expect(rest).toEqual({
    level: "error",
    title: "godwit: VERIFY_FAILED",
    file: "m/1.sql",
    line: 2,
    column: 5,
  });
  expect(message.split("\n")).toEqual(["verify found 30 rows", ...details.slice(0, 20), "mend them"]);
});

test("a note is a notice", () => {
  expect(annotateNote({ kind: "note", file: "m/1.sql", line: 4, message: "left out" })).toMatchObject({
    level: "notice",
    file: "m/1.sql",
    line: 4,
  });
});
