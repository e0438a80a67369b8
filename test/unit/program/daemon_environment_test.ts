import { assertEquals } from "@std/assert";

import { DAEMON_ENVIRONMENT, lackingIn } from "../../../src/program/daemon_environment.ts";

Deno.test("lackingIn() has everything for an environment that says nothing of it", () => {
  assertEquals(lackingIn({ PATH: "/bin" }), DAEMON_ENVIRONMENT);
});

Deno.test("lackingIn() leaves alone what the owner has chosen, were it nothing", () => {
  const { MALLOC_ARENA_MAX: _, ...others } = DAEMON_ENVIRONMENT;
  assertEquals(lackingIn({ MALLOC_ARENA_MAX: "4" }), others);
  assertEquals(lackingIn({ MALLOC_ARENA_MAX: "" }), others);
});

Deno.test("lackingIn() has nothing for what it has completed: a program is executed anew once", () => {
  assertEquals(lackingIn({ ...lackingIn({}) }), {});
});
