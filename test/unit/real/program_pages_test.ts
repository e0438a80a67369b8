import { assertEquals } from "@std/assert";

import { cleanRangesOf } from "../../../real/program_pages.ts";

/** A mapping as /proc/PID/smaps shows it, with a few of its lines. */
function mapping(range: string, access: string, file: string, anonymousKb = 0): string {
  return `${range} ${access} 00000000 fe:00 1234                       ${file}
Size:                 64 kB
Rss:                  64 kB
Anonymous:      ${`${anonymousKb}`.padStart(8)} kB
VmFlags: rd ex mr mw me 
`;
}

const PROGRAM = "/opt/some folder/deno";

Deno.test("cleanRangesOf() has the code and the constants of the program", () => {
  const smaps = mapping("400000-410000", "r--p", PROGRAM) +
    mapping("410000-430000", "r-xp", PROGRAM);
  assertEquals(cleanRangesOf(smaps, PROGRAM), [
    { start: 0x400000n, bytes: 0x10000n },
    { start: 0x410000n, bytes: 0x20000n },
  ]);
});

Deno.test("cleanRangesOf() leaves out whatever is not as in the file, or may not stay so", () => {
  const smaps = mapping("400000-410000", "r--p", PROGRAM, 4) +
    mapping("410000-420000", "rw-p", PROGRAM) +
    mapping("420000-430000", "rwxp", PROGRAM) +
    mapping("430000-440000", "r--s", PROGRAM) +
    mapping("440000-450000", "---p", PROGRAM);
  assertEquals(cleanRangesOf(smaps, PROGRAM), []);
});

Deno.test("cleanRangesOf() leaves out what is mapped of other files, and of none", () => {
  const smaps = mapping("400000-410000", "r-xp", `${PROGRAM}.so`) +
    mapping("410000-420000", "r-xp", "/usr/lib/libc.so.6") +
    mapping("420000-430000", "r--p", "") +
    mapping("430000-440000", "r-xp", "[vdso]") +
    mapping("440000-450000", "r-xp", `${PROGRAM} (deleted)`);
  assertEquals(cleanRangesOf(smaps, PROGRAM), []);
});

Deno.test("cleanRangesOf() leaves out a mapping that does not say what is clean in it", () => {
  const smaps = mapping("400000-410000", "r-xp", PROGRAM).replace(/^Anonymous.*\n/m, "");
  assertEquals(cleanRangesOf(smaps, PROGRAM), []);
});
