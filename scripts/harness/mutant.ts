import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { BunPlugin } from "bun";
import { compile } from "../compile.ts";
import type { Bug } from "./bugs/bug.ts";
import type { Section } from "./section.ts";

const SOURCE = resolve(import.meta.dir, "../../src");

/** The sources with one bug in them. */
export class Mutant {
  private readonly bug: Bug;
  private readonly path: string;
  private readonly contents: string;

  /** @throws Error where the text to change does not stand in the file exactly once: the bug would not be there */
  constructor(bug: Bug) {
    this.bug = bug;
    this.path = join(SOURCE, bug.file);
    const text = readFileSync(this.path, "utf8");
    const [before, after, ...more] = text.split(bug.find);
    if (after === undefined || more.length > 0)
      throw new Error(`its place stands ${after === undefined ? 0 : more.length + 1} times in ${bug.file}`);
    this.contents = before + bug.replace + after;
  }

  /** The executable with the bug. */
  compile(outfile: string): Promise<void> {
    return compile(outfile, { isOptimised: false, plugins: [this.plugin()] });
  }

  /** A section that runs the sources themselves, with the bug in them. */
  async rebuilt(module: string, name: string, folder: string): Promise<Section> {
    const { outputs } = await Bun.build({
      entrypoints: [join(import.meta.dir, module)],
      target: "bun",
      outdir: folder,
      plugins: [this.plugin()],
      throw: true,
    });
    const loaded = (await import(outputs[0]!.path)) as Record<string, Section>;
    return loaded[name]!;
  }

  private plugin(): BunPlugin {
    const { path, contents, bug } = this;
    return {
      name: bug.name,
      setup(build) {
        build.onLoad({ filter: /\.ts$/ }, (file) =>
          file.path === path
            ? { contents, loader: "ts" }
            : { contents: readFileSync(file.path, "utf8"), loader: "ts" },
        );
      },
    };
  }
}
