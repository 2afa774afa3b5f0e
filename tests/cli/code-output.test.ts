import { describe, expect, test } from "bun:test";
import { mayReachStreams } from "../../src/cli/code-output.ts";

const UP = 'export function up(db) { db.run("CREATE TABLE t (id)"); console.log("done"); }\n';

describe("code that cannot come by the streams of the process", () => {
  test.each([
    UP,
    `import type { Database } from "bun:sqlite";\n${UP}`,
    `import { Database } from 'bun:sqlite';\n${UP}`,
    `import type {\n  Database,\n} from "bun:sqlite";\nimport type { Row } from "./rows.ts";\n${UP}`,
    `import type { A,\n B } from "./ab.ts";\nimport type * as C from './c.ts';\n${UP}`,
    `${UP}// What is processed\nconst preprocessed = 1;`,
  ])("is %j", (text) => expect(mayReachStreams(text)).toBe(false));
});

describe("code that may", () => {
  test.each([
    "process.stdout.write('x')",
    'import { stdout } from "node:process";',
    'import "./helper.ts";',
    'import { help } from "./bun:sqlite";',
    'import type { A } from "a"; import { b } from "b";',
    'import { A } from "bun:sqlite"; import { b } from "b";',
    'import type from "./type.ts";',
    'import (name)\nimport { Database } from "bun:sqlite";',
    'export { help } from "./helper.ts";',
    '/*\nimport type mapping for the legacy table\n*/\nimport { say } from "./helper"',
    'import type Row = Types.Row\nimport { say } from "./helper"',
    'import P = process\nimport { Database } from "bun:sqlite"',
    "console._stdout.write('x')",
    "console._stderr.write('x')",
    "const { stdout } = await import(name);",
    'require("./helper")',
    "globalThis[name]",
    "global[name]",
    "Bun.main",
    'eval("1")',
    'new Function("return 1")',
    "(() => {}).constructor",
    "function it() { return this; }",
    "module.require",
    "pro\\u0063ess.stdout",
  ])("is %j", (text) => expect(mayReachStreams(`${text}\n${UP}`)).toBe(true));
});
