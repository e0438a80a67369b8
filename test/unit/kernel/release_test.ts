import { assertEquals } from "@std/assert";
import { isReleaseAtLeast } from "../../../src/kernel/release.ts";

Deno.test("isReleaseAtLeast() goes by major and minor", () => {
  const releases = {
    "5.11.22-generic": false,
    "5.12.0": true,
    "6.1.0-18-amd64": true,
    "4.19": false,
    "": false,
  };
  for (const [release, isLater] of Object.entries(releases)) {
    assertEquals(isReleaseAtLeast(release, "5.12"), isLater, release);
  }
});
