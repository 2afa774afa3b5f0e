/** What `import text from "./file.sql" with { type: "text" }` gives: the modules that `godwit embed` writes import SQL so. */
declare module "*.sql" {
  const text: string;
  export = text;
}
