/** Cases of the reliability list that cannot be tested, each with the reason. Sorted by number. */
export const NOT_APPLICABLE: Readonly<Record<string, string>> = {
  E5: "there is no web server in godwit: nothing binds to an address",
  E6: "there is no web server in godwit: no Host header is read",
  E7: "there is no web server in godwit: no request changes anything",
  E8: "there is no web server in godwit: no connection is upgraded",
  E9: "there is no web server in godwit: there are no tokens",
  E10: "there is no web server in godwit: no file is served",
  E11: "there is no web server in godwit: no page is written",
  E12: "there is no web server in godwit: no page can be framed",
  E20: "godwit writes no dump of a schema",
  E21: "godwit neither updates nor installs itself",
};
