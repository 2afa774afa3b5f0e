import { resolve } from "node:path";
import { GodwitError } from "../base/failure.ts";
import { stringify } from "../base/json.ts";

/** Which database is meant. */
export interface DatabaseTarget {
  readonly kind: "sqlite";
  /** Absolute; or ":memory:", which only a library caller can name. */
  readonly path: string;
}

const SERVER_SCHEMES = new Set([
  "libsql",
  "http",
  "https",
  "ws",
  "wss",
  "postgres",
  "postgresql",
  "mysql",
  "mariadb",
]);

/**
 * Reads a path, `sqlite:path` or `file:path` (three slashes: absolute). One letter before the colon is a Windows drive, not a scheme.
 * A path is taken as it is; in a URL, %XX stands for a byte.
 * @throws GodwitError DATABASE_URL_INVALID
 */
export function parseDatabaseTarget(text: string): DatabaseTarget {
  if (text.trim() === "") throw invalid("the database's name is empty", "name a file: --db app.db");
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]+):/.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return targetAt(text);
  if (scheme === "sqlite" || scheme === "file") return targetAt(pathOfUrl(text));
  if (SERVER_SCHEMES.has(scheme)) {
    throw invalid(
      `a ${scheme}: address is a server's; this version works on SQLite files`,
      "name a file: --db app.db",
    );
  }
  throw invalid(
    `unknown kind of database: "${scheme}:"`,
    "write sqlite:path; a file of that name is ./ and the name",
  );
}

/** The driver trims white space around a path, and ends it at a NUL; what looks for the file does not: they would mean two files. */
function targetAt(path: string): DatabaseTarget {
  if (path === ":memory:" || path === "/:memory:") {
    throw invalid("an in-memory database ends with the command", "name a file: --db app.db");
  }
  const file = resolve(path);
  if (/\p{Cc}/u.test(path)) {
    throw invalid(
      `the database's path holds a control character: ${shown(path)}`,
      "give the file another name",
    );
  }
  if (path.trim() !== path || file.trim() !== file) {
    throw invalid(`the database's path begins or ends with white space: ${shown(path)}`, "leave it out");
  }
  return { kind: "sqlite", path: file };
}

/** Quoted and escaped, so that what is wrong can be seen. */
function shown(path: string): string {
  return stringify(path);
}

function pathOfUrl(url: string): string {
  const rest = url.slice(url.indexOf(":") + 1);
  const query = rest.indexOf("?");
  if (query !== -1) {
    throw invalid(
      `unknown parameter in the database's URL: ${/^\?[^=&]*(?==)/.exec(rest.slice(query))?.[0] ?? "?"}`,
      "leave it out; %3F stands for a question mark",
    );
  }
  if (rest.includes("#"))
    throw invalid("a URL's # starts a fragment", "write %23 for it, or give a plain path");
  if (/^\/\/(?!\/)/.test(rest)) {
    const path = rest.slice(2);
    throw invalid(
      "two slashes in a database's URL are followed by a host",
      `write ${url.slice(0, url.indexOf(":"))}:${withoutUser(path)} for a relative path, ///${withoutUser(path)} for an absolute one`,
    );
  }
  const path = decode(rest.startsWith("///") ? rest.slice(2) : rest);
  if (path === "") throw invalid("the database's URL has no path", "write sqlite:app.db");
  return path;
}

function withoutUser(path: string): string {
  return path.slice(path.lastIndexOf("@") + 1);
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw new GodwitError("DATABASE_URL_INVALID", "the database's URL has a bad %", {
      hint: "write %25 for a percent sign, or give a plain path",
      cause,
    });
  }
}

function invalid(message: string, hint: string): GodwitError {
  return new GodwitError("DATABASE_URL_INVALID", message, { hint });
}
