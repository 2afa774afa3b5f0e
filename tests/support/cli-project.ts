import { Project } from "./project.ts";
import { type Ended, GODWIT, runGodwit, runProcess } from "./run-godwit.ts";

/** A project that the executable works on, from inside its folder: `migrations` and `app.db`. */
export class CliProject extends Project {
  get cwd(): string {
    return this.root.path;
  }

  godwit(...args: readonly string[]): Promise<Ended> {
    return runGodwit(this.cwd, ...args);
  }

  godwitWith(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ended> {
    return runProcess([GODWIT, ...args], { cwd: this.cwd, env });
  }

  /** A line of sh; `$GODWIT` is the executable. */
  shell(line: string): Promise<Ended> {
    return runProcess(["sh", "-c", line], { cwd: this.cwd, env: { GODWIT } });
  }

  async migrate(...args: readonly string[]): Promise<Ended> {
    return this.godwit("migrate", "--db", "app.db", ...args);
  }

  async status(...args: readonly string[]): Promise<Ended> {
    return this.godwit("status", "--db", "app.db", ...args);
  }
}
