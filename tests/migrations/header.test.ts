import { describe, expect, test } from "bun:test";
import { type Header, HeaderReader } from "../../src/migrations/header.ts";
import { refusalOf } from "../support/refusal.ts";

function readHeader(text: string): Header {
  const reader = new HeaderReader("a.sql", text);
  let index = 0;
  for (const line of text.split("\n")) {
    reader.take(line, index);
    index += line.length + 1;
  }
  return reader.header;
}

const PLAIN: Header = { description: null, requires: [], transactional: true, foreignKeysOn: false };

describe("header lines", () => {
  test.each<{ name: string; text: string; header: Partial<Header> }>([
    { name: "none", text: "", header: {} },
    { name: "a description", text: " Description:  Add users  ", header: { description: "Add users" } },
    { name: "a description with colons", text: "Description: a: b", header: { description: "a: b" } },
    { name: "an empty description", text: "Description:", header: { description: null } },
    {
      name: "keys in any case",
      text: "DESCRIPTION: a\ntransaction: OFF",
      header: { description: "a", transactional: false },
    },
    { name: "space before the colon", text: "Transaction : off", header: { transactional: false } },
    { name: "no space behind it", text: "Transaction:off", header: { transactional: false } },
    { name: "what is so anyway", text: "Transaction: on\nForeign keys: off", header: {} },
    { name: "foreign keys", text: "Foreign keys: on", header: { foreignKeysOn: true } },
    { name: "foreign keys with a dash", text: "foreign-keys: ON", header: { foreignKeysOn: true } },
    { name: "foreign keys with an underscore", text: "FOREIGN_KEYS: on", header: { foreignKeysOn: true } },
    { name: "foreign keys with more space", text: "Foreign   keys: on", header: { foreignKeysOn: true } },
    { name: "a key two edits off", text: "Translation: off", header: {} },
    { name: "other keys", text: "Note: x\nAuthor: y\nTicket-ID: z\nhttps://example.org", header: {} },
    { name: "prose", text: "This requires: nothing\nTransaction off\n5: x\ntransaction::off", header: {} },
  ])("$name", ({ text, header }) => {
    expect(readHeader(text)).toEqual({ ...PLAIN, ...header });
  });

  test.each<{ name: string; text: string; requires: string[] }>([
    { name: "one", text: "Requires: 20260101000001", requires: ["20260101000001"] },
    {
      name: "several",
      text: "Requires: 20260101000001, 20260101000002,20260101000003",
      requires: ["20260101000001", "20260101000002", "20260101000003"],
    },
    {
      name: "parted by space",
      text: "Requires: 20260101000001 20260101000002",
      requires: ["20260101000001", "20260101000002"],
    },
    { name: "a comma too many", text: "Requires: ,20260101000001,", requires: ["20260101000001"] },
    {
      name: "over lines",
      text: "Requires: 20260101000001\nRequires: 20260101000002",
      requires: ["20260101000001", "20260101000002"],
    },
    { name: "with a remark", text: "Requires: 20260101000001 (users, roles)", requires: ["20260101000001"] },
    { name: "an empty list", text: "Requires:", requires: [] },
  ])("Requires: $name", ({ text, requires }) => {
    expect(readHeader(text).requires).toEqual(requires);
  });
});

describe("a header is refused", () => {
  test.each([
    { key: "Descripton", known: "Description" },
    { key: "Descriptions", known: "Description" },
    { key: "Require", known: "Requires" },
    { key: "Reqiures", known: "Requires" },
    { key: "Transactions", known: "Transaction" },
    { key: "Trasaction", known: "Transaction" },
    { key: "ForeignKeys", known: "Foreign keys" },
    { key: "Foreign key", known: "Foreign keys" },
    { key: "foriegn-keys", known: "Foreign keys" },
  ])("that is one edit off: $key", async ({ key, known }) => {
    expect(await refusalOf(() => readHeader(`Note: x\n${key}: on`))).toEqual({
      code: "DIRECTIVE_INVALID",
      message: `unknown header "${key}"`,
      hint: `write "${known}:", or reword the comment`,
      line: 2,
      column: 1,
    });
  });

  test.each([
    { text: "Description: a\nDescription: b", title: "Description" },
    { text: "Description:\nDescription: b", title: "Description" },
    { text: "Transaction: off\ntransaction: off", title: "Transaction" },
    { text: "Foreign keys: on\nforeign_keys: off", title: "Foreign keys" },
  ])("that is given twice: $title", async ({ text, title }) => {
    expect(await refusalOf(() => readHeader(text))).toEqual({
      code: "DIRECTIVE_INVALID",
      message: `${title} is given twice`,
      hint: undefined,
      line: 2,
      column: 1,
    });
  });

  test.each([
    { text: "Transaction: no", message: 'Transaction is "no"', hint: "Transaction takes on or off" },
    { text: "Transaction:", message: 'Transaction is ""', hint: "Transaction takes on or off" },
    { text: "Foreign keys: true", message: 'Foreign keys is "true"', hint: "Foreign keys takes on or off" },
    {
      text: "Transaction: off for VACUUM",
      message: 'Transaction is "off for VACUUM"',
      hint: "Transaction takes on or off",
    },
    { text: "Requires: 2026", message: '"2026" is no version', hint: "Requires takes versions of 14 digits" },
    { text: "Requires: none", message: '"none" is no version', hint: "Requires takes versions of 14 digits" },
    {
      text: "Requires: 20260101000001 and 20260101000002",
      message: '"and" is no version',
      hint: "Requires takes versions of 14 digits",
    },
    {
      text: "Requires: 20260101000001; 20260101000002",
      message: '"20260101000001;" is no version',
      hint: "Requires takes versions of 14 digits",
    },
    {
      text: "Requires: 202601010000011",
      message: '"202601010000011" is no version',
      hint: "Requires takes versions of 14 digits",
    },
  ])("whose value it does not take: $text", async ({ text, message, hint }) => {
    expect(await refusalOf(() => readHeader(text))).toEqual({
      code: "DIRECTIVE_INVALID",
      message,
      hint,
      line: 1,
      column: 1,
    });
  });
});

describe("a line that is not at the head", () => {
  const misplaced = (line: string) => new HeaderReader("a.sql", `\n  ${line}`).refuseMisplaced(line, 3);

  test.each([
    { line: "Transaction: off", title: "Transaction" },
    { line: " transaction: ON ", title: "Transaction" },
    { line: "foreign_keys: on", title: "Foreign keys" },
    { line: "Requires: 20260101000001, 20260101000002", title: "Requires" },
  ])("is refused where it would be a directive: $line", async ({ line, title }) => {
    expect(await refusalOf(() => misplaced(line))).toEqual({
      code: "DIRECTIVE_INVALID",
      message: `"${title}" has no effect here`,
      hint: "move it to the head of the file, before the first marker",
      line: 2,
      column: 3,
    });
  });

  test.each([
    { line: "Transaction: the money that moves" },
    { line: "Requires: SQLite 3.35" },
    { line: "Description: the next part" },
    { line: "Note: transaction off" },
    { line: "prose" },
    { line: "" },
  ])("is prose otherwise: '$line'", ({ line }) => {
    expect(() => misplaced(line)).not.toThrow();
  });
});
