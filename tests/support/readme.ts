import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const README = join(resolve(import.meta.dir, "../.."), "README.md");

/**
 * What the test does with a fenced block. `shell`: run. `output`: what the shell block before it prints. `file`: written before what
 * follows runs; the line above it ends in the file's name and a colon. `database`: the same with the name of a database, in which the SQL is run.
 */
type BlockRole = "shell" | "output" | "file" | "database";

export interface Block {
  readonly role: BlockRole;
  /** The word after the fence. */
  readonly language: string;
  readonly text: string;
  /** The line of the opening fence, from 1. */
  readonly line: number;
  /** The file or database that the line above names. */
  readonly file: string | null;
}

/** From one heading of level 2 or 3 to the next. Its blocks share a folder. */
export interface Section {
  readonly title: string;
  readonly lines: string[];
  readonly blocks: Block[];
}

const SHELL = "sh";
const OUTPUTS = ["text", "json"];
const FILES = ["sql", "ts", "toml", "env", "python", "yaml", "dockerfile", "ini"];

/** @throws Error for a block that no rule covers, so that none is passed over. */
export function readSections(text = readFileSync(README, "utf8")): readonly Section[] {
  const sections: Section[] = [{ title: "(top)", lines: [], blocks: [] }];
  const lines = text.split("\n");
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    const section = sections.at(-1)!;
    const heading = /^#{2,3} (.+)$/.exec(line);
    if (heading !== null) sections.push({ title: heading[1]!, lines: [], blocks: [] });
    else if (/^\s*(```|~~~)/.test(line)) {
      const end = lines.indexOf("```", index + 1);
      if (end === -1) throw new Error(`README.md:${index + 1}: the block is never closed`);
      section.blocks.push(readBlock(section, line, lines.slice(index + 1, end), index + 1));
      index = end;
    } else section.lines.push(line);
  }
  return sections;
}

function readBlock({ lines, blocks }: Section, fence: string, body: readonly string[], line: number): Block {
  const language = /^```([a-z]+)$/.exec(fence)?.[1] ?? "";
  const above = lines.findLast((row) => row.trim() !== "") ?? "";
  const file = FILES.includes(language) ? (/`([^`]+)`:$/.exec(above)?.[1] ?? null) : null;
  const role = roleOf(language, file, blocks.at(-1));
  if (role === null) throw new Error(`README.md:${line}: nothing can be done with this "${language}" block`);
  return { role, language, text: `${body.join("\n")}\n`, line, file };
}

function roleOf(language: string, file: string | null, before: Block | undefined): BlockRole | null {
  if (language === SHELL) return "shell";
  if (OUTPUTS.includes(language)) return before?.role === "shell" ? "output" : null;
  if (file === null) return null;
  return language === "sql" && file.endsWith(".db") ? "database" : "file";
}

const RULE = /^\|[-| ]+$/;

/** The rows of all tables in a section, as cells; heads and rules are left out. */
export function tableRows({ lines }: Section): string[][] {
  return lines
    .filter((line, index) => line.startsWith("|") && !RULE.test(lines[index + 1] ?? ""))
    .filter((line) => !RULE.test(line))
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim()),
    );
}

/** The words in backticks. */
export function codeWords(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map((match) => match[1]!);
}
