import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { GodwitError } from "../../src/base/failure.ts";
import { type SealedContent, seal, sha256, unseal } from "../../src/migrations/sealed-format.ts";

const name = fc.stringMatching(/^[a-z0-9_]{1,12}\.(sql|ts|js)$/);
const content: fc.Arbitrary<SealedContent> = fc.record({
  folder: fc.string({ minLength: 1 }),
  migrations: fc.uniqueArray(fc.record({ name, text: fc.string({ unit: "binary" }).filter(isWellFormed) }), {
    selector: (migration) => migration.name,
  }),
  modules: fc.uniqueArray(
    fc.record({
      name,
      code: fc.string(),
      map: fc.option(fc.string(), { nil: null }),
    }),
    { selector: (module) => module.name },
  ),
});

function isWellFormed(text: string): boolean {
  return text.isWellFormed();
}

describe("what is sealed", () => {
  test("comes out as it went in", () => {
    fc.assert(
      fc.property(content, (sealed) => {
        const bytes = seal(sealed);
        expect(unseal(bytes, sha256(bytes))).toEqual(sealed);
        expect(seal(sealed).equals(bytes)).toBe(true);
      }),
    );
  });

  test("is refused with any byte changed, or with any of its end missing", () => {
    fc.assert(
      fc.property(
        content,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        (sealed, at, change, isCut) => {
          const bytes = seal(sealed);
          const sum = sha256(bytes);
          const index = at % bytes.length;
          const damaged = isCut ? bytes.subarray(0, index) : Buffer.from(bytes);
          if (!isCut) damaged[index]! ^= change;
          expect(codeOf(() => unseal(damaged, sum))).toBe("BUNDLE_DAMAGED");
        },
      ),
    );
  });
});

function codeOf(action: () => unknown): string | null {
  try {
    action();
    return null;
  } catch (error) {
    return error instanceof GodwitError ? error.code : String(error);
  }
}
