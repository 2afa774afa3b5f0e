import { describe, expect, test } from "bun:test";
import { decodeText } from "../../src/base/decode-text.ts";
import { readSqlFile } from "../../src/migrations/sql-file.ts";

const FILE = "migrations/20260101000001_a.sql";

function checksumOf(text: string): string {
  return readSqlFile(FILE, decodeText(FILE, Buffer.from(text))).checksum;
}

const FULL = `-- Description: Add preferences
-- Requires: 20260214120000
-- Note: anything

-- up
CREATE TABLE p (a);
INSERT INTO p VALUES (1);

-- verify
SELECT a FROM p;

-- down
DROP TABLE p;
`;

describe("the checksum", () => {
  const same = checksumOf(FULL);

  test("is that of the up section without the space around it", () => {
    const sum = new Bun.CryptoHasher("sha256")
      .update("CREATE TABLE p (a);\nINSERT INTO p VALUES (1);")
      .digest("hex");
    expect(same).toBe(sum);
  });

  test.each([
    { name: "CRLF", text: FULL.replaceAll("\n", "\r\n") },
    { name: "lone CR", text: FULL.replaceAll("\n", "\r") },
    { name: "a byte order mark", text: `\uFEFF${FULL}` },
    { name: "another down", text: FULL.replace("DROP TABLE p", "DROP TABLE IF EXISTS p") },
    { name: "no down", text: FULL.slice(0, FULL.indexOf("-- down")) },
    { name: "another verify", text: FULL.replace("SELECT a FROM p", "SELECT 1") },
    { name: "no verify and no down", text: FULL.slice(0, FULL.indexOf("-- verify")) },
    { name: "another description", text: FULL.replace("Add preferences", "Preferences") },
    { name: "no requirement", text: FULL.replace("-- Requires: 20260214120000\n", "") },
    {
      name: "directives that say what is so anyway",
      text: `-- Transaction: on\n-- Foreign keys: off\n${FULL}`,
    },
    { name: "another spelling of the marker", text: FULL.replace("-- up", "--UP  ") },
    {
      name: "sections in another order",
      text: `-- down
DROP TABLE p;
${FULL.slice(FULL.indexOf("-- up"), FULL.indexOf("-- down"))}`,
    },
    {
      name: "more blank lines around up",
      text: FULL.replace("-- up\n", "-- up\n\n\n").replace("\n-- verify", "\n\n\n-- verify"),
    },
  ])("stays with $name", ({ text }) => {
    expect(text).not.toBe(FULL);
    expect(checksumOf(text)).toBe(same);
  });

  test.each([
    { name: "another statement", text: FULL.replace("VALUES (1)", "VALUES (2)") },
    { name: "another comment in up", text: FULL.replace("CREATE TABLE", "-- why\nCREATE TABLE") },
    { name: "another case", text: FULL.replace("CREATE TABLE", "create table") },
    { name: "Transaction: off", text: `-- Transaction: off\n${FULL}` },
    { name: "Foreign keys: on", text: `-- Foreign keys: on\n${FULL}` },
    { name: "a blank line inside up", text: FULL.replace("(a);\n", "(a);\n\n") },
    { name: "a no-break space at the end of up", text: FULL.replace("(1);\n", "(1);\u00a0;\n") },
  ])("changes with $name", ({ text }) => {
    expect(checksumOf(text)).not.toBe(same);
  });

  test("tells the directives apart", () => {
    const heads = [
      "",
      "-- Transaction: off\n",
      "-- Foreign keys: on\n",
      "-- Transaction: off\n-- Foreign keys: on\n",
    ];
    expect(new Set(heads.map((head) => checksumOf(head + FULL))).size).toBe(heads.length);
  });

  test("does not change with the order of the directives", () => {
    expect(checksumOf(`-- Transaction: off\n-- Foreign keys: on\n${FULL}`)).toBe(
      checksumOf(`-- Foreign keys: on\n-- Transaction: off\n${FULL}`),
    );
  });

  test("is that of the whole file where no marker stands", () => {
    const sum = new Bun.CryptoHasher("sha256").update("-- x\nA;").digest("hex");
    expect(checksumOf("\uFEFF\r\n-- x\r\nA;\r\n")).toBe(sum);
  });
});
