import { assert, assertEquals, assertThrows } from "@std/assert";

import { Tokens } from "../../../../src/cri/streaming/tokens.ts";
import { RuntimeError } from "../../../../src/errors.ts";
import { FakeClock } from "./fixture.ts";

Deno.test("Tokens.take() gives what a token stands for, once", () => {
  const tokens = new Tokens<string>(new FakeClock());
  const [a, b] = [tokens.issue("a"), tokens.issue("b")];
  assertEquals([tokens.take(b), tokens.take(a)], ["b", "a"]);
  assertEquals([tokens.take(a), tokens.take("none")], [undefined, undefined]);
});

Deno.test("Tokens.issue() makes tokens that fit a URL and that nobody guesses", () => {
  const tokens = new Tokens<number>(new FakeClock());
  const issued = Array.from({ length: 100 }, (_, index) => tokens.issue(index));
  assertEquals(new Set(issued).size, 100);
  for (const token of issued) assert(/^[\w-]{32}$/.test(token), token);
});

Deno.test("Tokens.take() gives nothing once a minute has passed", () => {
  const clock = new FakeClock();
  const tokens = new Tokens<string>(clock);
  const [first, second] = [tokens.issue("first"), tokens.issue("second")];
  clock.move(59_999);
  const third = tokens.issue("third");
  assertEquals(tokens.take(first), "first");
  clock.move(1);
  assertEquals([tokens.take(second), tokens.take(third)], [undefined, "third"]);
});

Deno.test("Tokens.issue() refuses when 1000 wait to be used", () => {
  const clock = new FakeClock();
  const tokens = new Tokens<number>(clock);
  const [first = ""] = Array.from({ length: 1000 }, (_, index) => tokens.issue(index));
  const error = assertThrows(() => tokens.issue(1000), RuntimeError);
  assertEquals(error.code, "RESOURCE_EXHAUSTED");
  tokens.take(first);
  tokens.issue(1001);
  clock.move(60_000);
  for (let index = 0; index < 1000; index++) tokens.issue(index);
});
