import { expect, test } from "bun:test";
import { withoutSecrets } from "../../src/base/secrets.ts";

test.each([
  ["libsql://user:pass@host/db", "libsql://***@host/db"],
  ["libsql://user:p@ss/w@rd@host/db", "libsql://***@host/db"],
  ['"libsql://host?authToken=abc" is given', '"libsql://host?***" is given'],
  ["file:app.db?key=abc, twice", "file:app.db?***, twice"],
  ["sqlite:app.db#authToken=abc", "sqlite:app.db#***"],
  ["two: ws://b:c@d and wss://f?g=h", "two: ws://***@d and wss://f?***"],
])("%s", (text, expected) => {
  expect(withoutSecrets(text)).toBe(expected);
});

test.each([
  "did you mean --db?",
  'write: godwit create "what?"',
  "migrations/1.sql:3:8",
  "table t has no column named a?b",
  "is it --to? or: --steps",
])("leaves %s as it is", (text) => {
  expect(withoutSecrets(text)).toBe(text);
});

// Where the time grows faster than the text, these take longer than a test may.
test.each(["a.", "aa:/", "aa://", "ab:c", "aa:b?", "aa:b?,", "@", "?", "aa://@"])(
  "2 MB of %s on one line take no time to speak of",
  (pattern) => {
    const text = `${pattern.repeat(2_000_000 / pattern.length)}:`;
    expect(withoutSecrets(text).length).toBeLessThanOrEqual(text.length + 10);
  },
);
