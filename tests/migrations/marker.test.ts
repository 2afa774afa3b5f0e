import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { hasOwnLine, markerOf, nearMiss } from "../../src/migrations/marker.ts";

describe("a marker", () => {
  test.each([
    { comment: "-- up", section: "up" },
    { comment: "--up", section: "up" },
    { comment: "-- UP", section: "up" },
    { comment: "--\tDown  ", section: "down" },
    { comment: "--    vErIfY\t", section: "verify" },
  ] as const)("is $comment", ({ comment, section }) => {
    expect(markerOf(comment)).toBe(section);
  });

  test.each([
    { comment: "-- up:" },
    { comment: "--- up" },
    { comment: "-- up the hill" },
    { comment: "-- ups" },
    { comment: "-- migrate:up" },
    { comment: "/* up */" },
    { comment: "-- up\u00a0" },
    { comment: "--" },
  ])("is not $comment", ({ comment }) => {
    expect(markerOf(comment)).toBeNull();
  });
});

describe("a near miss", () => {
  test.each([
    { comment: "-- migrate:up", section: "up", what: "dbmate's" },
    { comment: "-- migrate: down", section: "down", what: "dbmate's with a space" },
    { comment: "-- +goose Up", section: "up", what: "goose's" },
    { comment: "-- +migrate Down", section: "down", what: "sql-migrate's" },
    { comment: "-- +micrate Up", section: "up", what: "micrate's" },
    { comment: "-- goose up", section: "up", what: "goose's without its sign" },
    { comment: "-- rambler down", section: "down", what: "rambler's" },
    { comment: "-- @up", section: "up", what: "a sign before the word" },
    { comment: "-- @UNDO:down", section: "down", what: "a sign and a prefix" },
    { comment: "# --- !Ups", section: "up", what: "Play's" },
    { comment: "-- upp", section: "up", what: "a letter too many" },
    { comment: "-- u", section: "up", what: "a letter missing" },
    { comment: "-- pu", section: "up", what: "a swap" },
    { comment: "-- dwon", section: "down", what: "a longer word's swap" },
    { comment: "-- verfy", section: "verify", what: "a longer word's missing letter" },
    { comment: "-- verify!", section: "verify", what: "a sign behind the word" },
    { comment: "-- goose: up", section: "up", what: "goose's with a colon" },
    { comment: "-- rambler:down", section: "down", what: "rambler's with a colon" },
    { comment: "-- Flyway: up", section: "up", what: "Flyway's" },
    { comment: "-- godwit:verify", section: "verify", what: "godwit's own name" },
    { comment: "-- +goose: Up", section: "up", what: "a sign, a tool and a colon" },
    { comment: "-- sql-migrate: up", section: "up", what: "sql-migrate's name" },
    { comment: "-- up:", section: "up", what: "a colon" },
    { comment: "-- [down]", section: "down", what: "another word in brackets" },
    { comment: "--- up", section: "up", what: "three dashes" },
    { comment: "-- [up]", section: "up", what: "brackets" },
    { comment: "-- == DOWN ==", section: "down", what: "decoration" },
    { comment: "/* up */", section: "up", what: "a block comment" },
    { comment: "/*\n * down\n */", section: "down", what: "over lines" },
    { comment: "-- 1. up", section: "up", what: "a number" },
    { comment: "-- up\u00a0", section: "up", what: "a space that is not one" },
  ] as const)("is $comment, $what", ({ comment, section }) => {
    expect(nearMiss(comment)).toBe(section);
  });

  test.each([
    { comment: "-- clean up" },
    { comment: "-- up to here the old schema" },
    { comment: "-- roll down the window" },
    { comment: "-- update" },
    { comment: "-- upsert" },
    { comment: "-- download" },
    { comment: "-- verified" },
    { comment: "-- set up" },
    { comment: "-- see above: set it up" },
    { comment: "-- Note: up" },
    { comment: "-- note:down" },
    { comment: "-- Later: verify" },
    { comment: "-- Why: up" },
    { comment: "-- Description: Up" },
    { comment: "-- description: down" },
    { comment: "-- ups and downs" },
    { comment: "-- 2026" },
    { comment: "--" },
    { comment: "-- ä" },
    { comment: `-- ${"=".repeat(90)} up` },
  ])("is not prose: $comment", ({ comment }) => {
    expect(nearMiss(comment)).toBeNull();
  });

  test("is any one edit of a marker's word", () => {
    const letters = [..."abcdefghijklmnopqrstuvwxyz"];
    for (const name of ["up", "down", "verify"] as const) {
      for (let at = 0; at < name.length; at++) {
        const replaced = letters.map((letter) => name.slice(0, at) + letter + name.slice(at + 1));
        const inserted = letters.map((letter) => name.slice(0, at) + letter + name.slice(at));
        for (const word of [...replaced, ...inserted]) expect(nearMiss(`-- ${word}`)).toBe(name);
      }
    }
  });

  test("is never two words of prose", () => {
    const word = fc
      .stringMatching(/^[a-z]{3,9}$/)
      .filter((text) => !/^(migrate|goose|dbmate|rambler)$/.test(text));
    fc.assert(
      fc.property(word, word, (first, second) => {
        expect(nearMiss(`-- ${first} ${second}`)).toBeNull();
      }),
    );
  });
});

describe("a comment has a line of its own", () => {
  test.each([
    { text: "-- up", start: 0, is: true },
    { text: "a;\n \t-- up", start: 5, is: true },
    { text: "a\n\u00a0-- down", start: 3, is: true },
    { text: "a -- down", start: 2, is: false },
    { text: "a\n; -- down", start: 4, is: false },
  ])("%j", ({ text, start, is }) => {
    expect(hasOwnLine(text, start)).toBe(is);
  });
});
