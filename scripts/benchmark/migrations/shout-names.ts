import type { Database } from "bun:sqlite";

interface Person {
  readonly id: number;
  readonly name: string;
}

/** Every name in capitals, row by row and a page at a time: reading on in a table that is being changed is undefined in SQLite. */
export function up(db: Database): void {
  const page = db.query<Person, [number]>("SELECT id, name FROM people WHERE id > ? ORDER BY id LIMIT 10000");
  const update = db.query<never, [string, number]>("UPDATE people SET name = ? WHERE id = ?");
  let people = page.all(0);
  while (people.length > 0) {
    for (const { id, name } of people) update.run(name.toUpperCase(), id);
    people = page.all(people.at(-1)!.id);
  }
}
