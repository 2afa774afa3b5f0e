import { describe, expect, test } from "bun:test";
import { checksum } from "../../src/base/checksum.ts";

describe("a checksum", () => {
  test.each([
    { text: "", sum: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", what: "nothing" },
    { text: "abc", sum: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", what: "ASCII" },
    {
      text: "ä😀",
      sum: new Bun.CryptoHasher("sha256")
        .update(Uint8Array.of(0xc3, 0xa4, 0xf0, 0x9f, 0x98, 0x80))
        .digest("hex"),
      what: "text beyond ASCII, hashed as UTF-8",
    },
  ])("of $what is the lower-case hex SHA-256", ({ text, sum }) => {
    expect(checksum(text)).toBe(sum);
  });

  test.each([262_142, 262_143, 262_144, 524_287])(
    "of a text that is hashed in parts is the same: %i",
    (length) => {
      const text = `${"x".repeat(length)}😀ä${"東".repeat(300_000)}😀`;
      expect(checksum(text)).toBe(new Bun.CryptoHasher("sha256").update(Buffer.from(text)).digest("hex"));
    },
  );
});
