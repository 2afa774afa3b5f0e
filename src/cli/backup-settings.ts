import { GodwitError } from "../base/failure.ts";
import { nearest } from "../base/nearest.ts";
import { locateFile } from "../base/source-text.ts";
import type { BackupOptions } from "../engine/run-subject.ts";

const WHEN = ["auto", "always", "never"] as const;
const KEYS = ["when", "keep", "max_size", "dir"] as const;

/**
 * What `backup` in godwit.toml says: `backup = "always"`, or the table `[backup]`.
 * @throws GodwitError CONFIG_INVALID
 */
export function readBackupOptions(value: unknown, file: string): BackupOptions {
  const refuse = (message: string, hint: string): never => {
    throw new GodwitError("CONFIG_INVALID", message, { location: locateFile(file), hint });
  };
  if (value === undefined) return {};
  if (typeof value === "string") return { when: whenOf(value, "backup", refuse) };
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return refuse("backup must be text or a table", 'write backup = "auto", or [backup] and lines below it');
  const table = value as Record<string, unknown>;
  for (const key of Object.keys(table)) requireKnown(key, refuse);
  const { when, keep, max_size: maxSize, dir } = table;
  return {
    when: when === undefined ? undefined : whenOf(when, "backup.when", refuse),
    keep: keep === undefined ? undefined : keepOf(keep, refuse),
    maxBytes: maxSize === undefined ? undefined : bytesOf(maxSize, refuse),
    dir: dir === undefined ? undefined : dirOf(dir, refuse),
  };
}

type Refuse = (message: string, hint: string) => never;

function requireKnown(key: string, refuse: Refuse): void {
  if ((KEYS as readonly string[]).includes(key)) return;
  const meant = nearest(key, KEYS);
  refuse(
    `unknown setting "backup.${key}"`,
    meant === null ? `the settings are ${KEYS.join(", ")}` : `did you mean ${meant}?`,
  );
}

function whenOf(value: unknown, name: string, refuse: Refuse): (typeof WHEN)[number] {
  const found = WHEN.find((word) => word === value);
  return found ?? refuse(`${name} takes auto, always or never, not "${value}"`, `write ${name} = "auto"`);
}

function keepOf(value: unknown, refuse: Refuse): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= 1) return value;
  return refuse(`backup.keep takes a whole number from 1, not "${value}"`, "write keep = 5");
}

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KIB: 2 ** 10,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

function bytesOf(value: unknown, refuse: Refuse): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)\s*([KMGT]I?B)?$/i.exec(String(value)) ?? [];
  const bytes = Number(number) * (UNITS[(unit ?? "").toUpperCase()] ?? Number.NaN);
  if (bytes > 0) return Math.round(bytes);
  return refuse(`backup.max_size takes a size, not "${value}"`, 'write max_size = "10 GB"');
}

function dirOf(value: unknown, refuse: Refuse): string {
  if (typeof value === "string" && value !== "") return value;
  return refuse("backup.dir must be the path of a folder", 'write dir = "backups"');
}
