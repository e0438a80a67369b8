import { assertEquals } from "@std/assert";
import fc from "fast-check";

import { sha256 } from "../../../src/image/sha256.ts";

Deno.test("sha256() is what the platform computes, for every content", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (content) => {
      const bytes = new Uint8Array(content);
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      const expected = [...digest].map((it) => it.toString(16).padStart(2, "0")).join("");
      assertEquals(sha256(bytes), expected);
    }),
  );
});
