import { mkdirSync } from "node:fs";

/**
 * Compiles the executable. Nothing in the working directory may run code at start-up: .env and bunfig.toml are not read; package.json
 * is, so that migrations can import packages that lie beside them.
 */
const outfile = process.argv[2] ?? "dist/godwit";

mkdirSync("dist", { recursive: true });
const result = await Bun.build({
  entrypoints: ["src/main.ts"],
  minify: true,
  bytecode: true,
  format: "esm",
  compile: {
    outfile,
    autoloadDotenv: false,
    autoloadBunfig: false,
    autoloadPackageJson: true,
  },
});
if (!result.success) {
  for (const log of result.logs) console.error(log);
  process.exit(1);
}
console.log(outfile);
