/** Cases of the reliability list that cannot be tested, each with the reason. Sorted by number. */
export const NOT_APPLICABLE: Readonly<Record<string, string>> = {
  C19: "no copy of the database is made before a run, so that no disk can fill up during one",
  C34: "no network file system can be mounted in a test, and nothing looks for one: the README names the limit",
  D6: "nothing is written beside the database and SQLite's own files: there is no backup and no schema file to be half done",
};
