import { existsSync, readFileSync, statSync } from "node:fs";
import { GodwitError, messageOf } from "../base/failure.ts";
import { nearest } from "../base/nearest.ts";
import { withoutSecrets } from "../base/secrets.ts";
import { locateFile, locateLine } from "../base/source-text.ts";
import { type DatabaseTarget, parseDatabaseTarget } from "../databases/database-target.ts";
import { type BackupOptions, DEFAULT_LOCK_TIMEOUT_MS, DEFAULT_TABLE } from "../engine/run-subject.ts";
import { readBackupOptions } from "./backup-settings.ts";

/** The flags of a command line that settings come from. */
export interface SettingFlags {
  readonly db?: string | undefined;
  readonly dir?: string | undefined;
  readonly table?: string | undefined;
  readonly "lock-timeout"?: string | undefined;
  readonly "env-file"?: string | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

const CONFIG_FILE = "godwit.toml";
const CONFIG_KEYS = ["db", "dir", "table", "lock_timeout", "backup"] as const;
type Config = Partial<Record<(typeof CONFIG_KEYS)[number], unknown>>;

/** Where a command works: flag, then environment, then godwit.toml, then the default. */
export class Settings {
  private readonly flags: SettingFlags;
  private readonly env: Environment;
  private readonly config: Config;

  /** @throws GodwitError CONFIG_INVALID */
  constructor(flags: SettingFlags, processEnv: Environment) {
    this.flags = flags;
    this.env = withEnvFile(flags["env-file"], processEnv);
    this.config = readConfig();
  }

  /** @throws GodwitError DATABASE_NOT_NAMED, DATABASE_URL_INVALID */
  database(): DatabaseTarget {
    const named =
      this.flags.db ?? this.variable("GODWIT_DB") ?? this.variable("DATABASE_URL") ?? this.text("db");
    if (named === undefined) throw databaseNotNamed();
    return parseDatabaseTarget(named);
  }

  directory(): string {
    return this.flags.dir ?? this.variable("GODWIT_DIR") ?? this.text("dir") ?? "migrations";
  }

  /** @throws GodwitError INVALID_VALUE */
  table(): string {
    const table = this.flags.table ?? this.variable("GODWIT_TABLE") ?? this.text("table") ?? DEFAULT_TABLE;
    if (table.trim() !== "" && !/^sqlite_/i.test(table) && !table.includes("\0")) return table;
    throw new GodwitError("INVALID_VALUE", `"${table}" cannot be the name of a table`, {
      hint: "give another --table",
    });
  }

  /** @throws GodwitError INVALID_VALUE */
  lockTimeoutMs(): number {
    const flag = this.flags["lock-timeout"];
    if (flag === undefined && this.config.lock_timeout === undefined) return DEFAULT_LOCK_TIMEOUT_MS;
    const written = flag ?? this.config.lock_timeout;
    const seconds =
      typeof written === "number" ? written : /^\d+(\.\d+)?$/.test(String(written)) ? Number(written) : -1;
    if (seconds >= 0 && seconds <= 86_400) return Math.round(seconds * 1000);
    const name = flag === undefined ? `lock_timeout in ${CONFIG_FILE}` : "--lock-timeout";
    throw new GodwitError("INVALID_VALUE", `${name} takes seconds from 0 to 86400, not "${written}"`, {
      hint: "write --lock-timeout=30",
    });
  }

  /** @throws GodwitError CONFIG_INVALID */
  backup(): BackupOptions {
    return readBackupOptions(this.config.backup, CONFIG_FILE);
  }

  /** A variable that is set to nothing is not set. */
  private variable(name: string): string | undefined {
    return this.env[name] === "" ? undefined : this.env[name];
  }

  private text(key: "db" | "dir" | "table"): string | undefined {
    const value = this.config[key];
    if (value === undefined || (typeof value === "string" && value !== ""))
      return value as string | undefined;
    throw new GodwitError("CONFIG_INVALID", `${key} must be text`, { location: locateFile(CONFIG_FILE) });
  }
}

/** The variables of a file fill in for those that are not set; nothing else is ever read from a .env. */
function withEnvFile(file: string | undefined, processEnv: Environment): Environment {
  if (file === undefined) return processEnv;
  try {
    return { ...readEnvFile(file), ...withoutEmpty(processEnv) };
  } catch (cause) {
    throw new GodwitError("CONFIG_INVALID", `the file of --env-file cannot be read: ${messageOf(cause)}`, {
      location: locateFile(file),
      hint: "check the path",
      cause,
    });
  }
}

/** `node:util` costs milliseconds of start-up: loaded for the few who name such a file. */
function readEnvFile(file: string): Environment {
  return process.getBuiltinModule("node:util").parseEnv(readFileSync(file, "utf8"));
}

function withoutEmpty(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
}

function readConfig(): Config {
  const text = configText();
  if (text === null) return {};
  const config = parseToml(text);
  for (const key of Object.keys(config)) {
    if ((CONFIG_KEYS as readonly string[]).includes(key)) continue;
    const line =
      text.split("\n").findIndex((row) => row.trim().startsWith(key) || row.trim().startsWith(`[${key}`)) + 1;
    const meant = nearest(key, CONFIG_KEYS);
    throw configInvalid(
      `unknown setting "${key}"`,
      line === 0 ? locateFile(CONFIG_FILE) : locateLine(CONFIG_FILE, text, line, null),
      meant === null ? `the settings are ${CONFIG_KEYS.join(", ")}` : `did you mean ${meant}?`,
    );
  }
  return config;
}

/** Null where there is no such file. */
function configText(): string | null {
  try {
    const stats = statSync(CONFIG_FILE, { throwIfNoEntry: false });
    if (stats === undefined) return null;
    // Opening a named pipe would wait for its writer.
    if (stats.isFile()) return readFileSync(CONFIG_FILE, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const hint = code === "EMFILE" ? "let the process open more files: ulimit -n" : "check its permissions";
    throw configInvalid(messageOf(cause), locateFile(CONFIG_FILE), hint);
  }
  throw configInvalid("it is no regular file", locateFile(CONFIG_FILE), "rename it");
}

function parseToml(text: string): Config {
  try {
    return Bun.TOML.parse(text) as Config;
  } catch (cause) {
    throw configInvalid(messageOf(cause), locateLine(CONFIG_FILE, text, firstBadLine(text), null));
  }
}

/** Bun does not say where TOML is wrong: it is in the line after the longest run of lines that is right. */
function firstBadLine(text: string): number {
  const lines = text.split("\n");
  for (let good = lines.length - 1; good > 0; good--) {
    try {
      Bun.TOML.parse(lines.slice(0, good).join("\n"));
      return good + 1;
    } catch {}
  }
  return 1;
}

function configInvalid(
  message: string,
  location: ReturnType<typeof locateFile>,
  hint = `mend ${CONFIG_FILE}`,
): GodwitError {
  const excerpt = location.excerpt === undefined ? undefined : withoutSecrets(location.excerpt);
  return new GodwitError("CONFIG_INVALID", message, { location: { ...location, excerpt }, hint });
}

const DATABASE_VARIABLES = ["GODWIT_DB", "DATABASE_URL"];

/** A .env is never read unasked; one that would have named the database is worth a word. */
function databaseNotNamed(): GodwitError {
  const would = variableInDotEnv();
  return new GodwitError("DATABASE_NOT_NAMED", "no database is named", {
    hint:
      would === null
        ? "name it with --db app.db, GODWIT_DB, or db in godwit.toml"
        : `a .env here sets ${would}: read it with --env-file .env, or name the database with --db`,
  });
}

function variableInDotEnv(): string | null {
  if (!existsSync(".env")) return null;
  try {
    const variables = readEnvFile(".env");
    return DATABASE_VARIABLES.find((name) => variables[name]) ?? null;
  } catch {
    return null;
  }
}
