/** Builds the executable: bun scripts/build.ts [OUTFILE] */
import { mkdirSync } from "node:fs";
import { compile } from "./compile.ts";

const outfile = process.argv[2] ?? "dist/godwit";

mkdirSync("dist", { recursive: true });
await compile(outfile, { isOptimised: true });
console.log(outfile);
