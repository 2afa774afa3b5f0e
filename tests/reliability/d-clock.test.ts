import { expect, test } from "bun:test";
import { CliProject } from "../support/cli-project.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { v } from "../support/intent.ts";
import { Project } from "../support/project.ts";
import { documentOf } from "../support/run-godwit.ts";

/** The clock of a machine whose date is wrong, and jumps about. */
class WrongClock extends FakeClock {
  dates: readonly string[] = [];
  private index = 0;

  override now(): Date {
    return new Date(this.dates[this.index++ % this.dates.length]!);
  }
}

class WrongProject extends Project {
  override readonly clock = new WrongClock();
}

const DATES: Readonly<Record<string, readonly string[]>> = {
  "runs backwards": ["2026-03-03T00:00:00Z", "2026-02-02T00:00:00Z", "2026-01-01T00:00:00Z"],
  "stands in 1970": ["1970-01-01T00:00:00Z"],
  "stands in 9999": ["9999-12-31T23:59:59Z"],
  "meets the end of summer time": ["2026-10-25T00:59:59Z", "2026-10-25T01:00:00Z", "2026-10-25T00:30:00Z"],
};

test.each(Object.keys(DATES))("D16: a clock that %s changes no order", async (what) => {
  using project = new WrongProject();
  project.clock.dates = DATES[what]!;
  project.tables(1, 2, 3);
  await project.run();
  expect(project.told("migration-applied")).toEqual([1, 2, 3].map((n) => `migration-applied ${n}`));
  expect(project.column("SELECT version FROM schema_migrations ORDER BY id")).toEqual([1, 2, 3].map(v));
  for (const time of project.column("SELECT execution_time_ms FROM schema_migrations"))
    expect(time).toBeGreaterThanOrEqual(0);
  for (const text of project.column("SELECT applied_at FROM schema_migrations"))
    expect(String(text)).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/);
  for (const { appliedAt } of await project.manager().getStatus())
    expect(DATES[what]!.map((date) => Date.parse(date))).toContain(
      Number(appliedAt && Date.parse(String(appliedAt))),
    );
  await project.run({ kind: "rollback" });
  expect(project.applied()).toEqual([1, 2]);
  project.tables(4);
  await project.run();
  expect(project.applied()).toEqual([1, 2, 3, 4]);
});

test.each(["Pacific/Kiritimati", "America/New_York", "Asia/Kathmandu", "No/Where", ""])(
  "D16: in the time zone %j times are UTC",
  async (zone) => {
    using project = new CliProject();
    project.tables(1);
    const before = Math.floor(Date.now() / 1000) * 1000;
    expect((await project.godwitWith({ TZ: zone }, "migrate", "--db", "app.db")).exitCode).toBe(0);
    const after = Date.now();
    const status = documentOf(await project.godwitWith({ TZ: zone }, "status", "--db", "app.db", "--json"));
    const [{ applied_at: time }] = status["migrations"] as [{ applied_at: string }];
    expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
    expect(Date.parse(time)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(time)).toBeLessThanOrEqual(after);
    const made = await project.godwitWith({ TZ: zone }, "create", "x");
    const digits = /(\d{14})_x\.sql/.exec(made.stdout)![1]!;
    const utc = new Date(after).toISOString().replace(/\D/g, "").slice(0, 10);
    expect([utc, new Date(before).toISOString().replace(/\D/g, "").slice(0, 10)]).toContain(
      digits.slice(0, 10),
    );
  },
);
