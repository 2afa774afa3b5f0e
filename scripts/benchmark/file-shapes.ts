import { basename } from "node:path";
import type { Step } from "./migration-steps.ts";

/** How a tool wants its migrations written. Code is written as the documentation of each shows it, and makes the same tables. */
export type Shape =
  | "godwit"
  | "godwit-code"
  | "dbmate"
  | "sql-migrate"
  | "drizzle"
  | "plain"
  | "knex-code"
  | "kysely-code"
  | "umzug-code";

interface MigrationFile {
  readonly name: string;
  readonly text: string;
}

interface Writer {
  readonly extension: string;
  text(step: Step): string;
}

const WRITERS: Readonly<Record<Shape, Writer>> = {
  godwit: sections("-- up", "-- down"),
  dbmate: sections("-- migrate:up", "-- migrate:down"),
  "sql-migrate": sections("-- +migrate Up", "-- +migrate Down"),
  plain: { extension: "sql", text: ({ up }) => `${up}\n` },
  drizzle: { extension: "sql", text: ({ up }) => `${up}\n` },
  "godwit-code": { extension: "ts", text: godwitCode },
  "knex-code": { extension: "mjs", text: knexCode },
  "kysely-code": { extension: "mjs", text: kyselyCode },
  "umzug-code": { extension: "mjs", text: umzugCode },
};

export function filesOf(shape: Shape, steps: readonly Step[]): MigrationFile[] {
  const { extension, text } = WRITERS[shape];
  const files = steps.map((step) => ({
    name: `${step.version}_${step.slug}.${extension}`,
    text: text(step),
  }));
  return shape === "drizzle" ? [...files, journalOf(files, steps)] : files;
}

function sections(up: string, down: string): Writer {
  return { extension: "sql", text: (step) => `${up}\n${step.up}\n\n${down}\n${step.down}\n` };
}

function journalOf(files: readonly MigrationFile[], steps: readonly Step[]): MigrationFile {
  const entries = files.map(({ name }, idx) => ({
    idx,
    version: "6",
    when: steps[idx]!.milliseconds,
    tag: basename(name, ".sql"),
    breakpoints: true,
  }));
  const text = JSON.stringify({ version: "7", dialect: "sqlite", entries }, null, 2);
  return { name: "meta/_journal.json", text };
}

function godwitCode({ up, down }: Step): string {
  const runs = up.split("\n").map((statement) => `  db.run(${JSON.stringify(statement)});\n`);
  return `import type { Database } from "bun:sqlite";

export function up(db: Database): void {
${runs.join("")}}

export function down(db: Database): void {
  db.run(${JSON.stringify(down)});
}
`;
}

function knexCode({ table, isFilled }: Step): string {
  const insert = isFilled ? `  await knex("${table}").insert({ name: "first" });\n` : "";
  return `export async function up(knex) {
  await knex.schema.createTable("${table}", (table) => {
    table.integer("id").primary();
    table.text("name").notNullable();
    table.text("created_at");
  });
${insert}}

export async function down(knex) {
  await knex.schema.dropTable("${table}");
}
`;
}

function kyselyCode({ table, isFilled }: Step): string {
  const insert = isFilled ? `  await db.insertInto("${table}").values({ name: "first" }).execute();\n` : "";
  return `export async function up(db) {
  await db.schema
    .createTable("${table}")
    .addColumn("id", "integer", (column) => column.primaryKey())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("created_at", "text")
    .execute();
${insert}}

export async function down(db) {
  await db.schema.dropTable("${table}").execute();
}
`;
}

function umzugCode({ up, down }: Step): string {
  const runs = up.split("\n").map((statement) => `  context.exec(${JSON.stringify(statement)});\n`);
  return `export async function up({ context }) {
${runs.join("")}}

export async function down({ context }) {
  context.exec(${JSON.stringify(down)});
}
`;
}
