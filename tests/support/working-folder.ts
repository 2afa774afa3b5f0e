import { TempDir } from "./temp-dir.ts";

/** An empty folder that is the working directory until it is disposed of. */
export class WorkingFolder extends TempDir {
  private readonly before = process.cwd();

  constructor() {
    super();
    process.chdir(this.path);
  }

  override [Symbol.dispose](): void {
    process.chdir(this.before);
    super[Symbol.dispose]();
  }
}
