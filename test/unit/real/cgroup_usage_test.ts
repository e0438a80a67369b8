import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import type { Hierarchy } from "../../../real/cgroup_files.ts";
import {
  parseFirst,
  parseLimit,
  parseNanos,
  parseNumber,
  parsePressure,
  parseSecond,
  readUsage,
} from "../../../real/cgroup_usage.ts";
import { KernelError } from "../../../src/kernel/errno.ts";

const CPU: Hierarchy = { version: 1, mountPoint: "/cpu", controllers: ["cpu", "cpuacct"] };
const MEMORY: Hierarchy = { version: 1, mountPoint: "/memory", controllers: ["memory"] };
const NAMED: Hierarchy = { version: 1, mountPoint: "/systemd", controllers: [] };
const BARE: Hierarchy = { version: 2, mountPoint: "/unified", controllers: [] };
const SECOND: Hierarchy = { version: 2, mountPoint: "/v2", controllers: ["cpu", "memory"] };

const NO_LIMIT = "9223372036854771712";
const FIRST_STAT = `cache 1
rss 2
inactive_file 3
hierarchical_memory_limit 1048576
hierarchical_memsw_limit 1572864
total_cache 400
total_rss 4096
total_swap 8192
total_pgfault 70
total_pgmajfault 7
total_inactive_file 300
`;
const SECOND_STAT = "anon 4096\nfile 8192\ninactive_file 300\npgfault 70\npgmajfault 7\n";
const PRESSURE = `some avg10=1.50 avg60=0.25 avg300=0.00 total=123
full avg10=0.00 avg60=0.00 avg300=0.00 total=4
`;

const FIRST_FILES = {
  "/cpu/g/cpuacct.usage": "1234567\n",
  "/memory/g/memory.stat": FIRST_STAT,
  "/memory/g/memory.usage_in_bytes": "5000\n",
};
const SECOND_FILES = {
  "/v2/g/cpu.stat": "usage_usec 1234\nuser_usec 1000\nsystem_usec 234\n",
  "/v2/g/memory.current": "5000\n",
  "/v2/g/memory.stat": SECOND_STAT,
  "/v2/g/memory.max": "1048576\n",
  "/v2/g/memory.swap.current": "8192\n",
  "/v2/g/memory.swap.max": "max\n",
  "/v2/g/cpu.pressure": PRESSURE,
};

const MEMORY_USED = {
  usedBytes: 5_000,
  inactiveFileBytes: 300,
  anonymousBytes: 4_096,
  pageFaults: 70,
  majorPageFaults: 7,
  limitBytes: 1 << 20,
};
const SOME = { avg10: 1.5, avg60: 0.25, avg300: 0, totalMicros: 123 };
const FULL = { avg10: 0, avg60: 0, avg300: 0, totalMicros: 4 };
const NO_PRESSURE = { cpuPressure: undefined, memoryPressure: undefined, ioPressure: undefined };

function usage(hierarchies: readonly Hierarchy[], files: Readonly<Record<string, string>>) {
  return readUsage(
    hierarchies,
    ({ mountPoint }) => `${mountPoint}/g`,
    (file) => Promise.resolve(files[file]),
  );
}

Deno.test("readUsage() reads version 1", async () => {
  assertEquals(await usage([NAMED, CPU, MEMORY], FIRST_FILES), {
    cpuMicros: 1_234,
    memory: { ...MEMORY_USED, swap: { usedBytes: 8_192, limitBytes: 1 << 19 } },
    ...NO_PRESSURE,
  });
});

Deno.test("readUsage() reads version 2", async () => {
  assertEquals(await usage([SECOND], SECOND_FILES), {
    cpuMicros: 1_234,
    memory: { ...MEMORY_USED, swap: { usedBytes: 8_192, limitBytes: undefined } },
    ...NO_PRESSURE,
    cpuPressure: { some: SOME, full: FULL },
  });
});

Deno.test("readUsage() takes from each hierarchy of a hybrid host what it counts", async () => {
  const files = {
    ...FIRST_FILES,
    "/unified/g/cpu.stat": "usage_usec 1\n",
    "/unified/g/io.pressure": PRESSURE,
  };
  const hybrid = await usage([CPU, MEMORY, BARE], files);
  assertEquals(hybrid?.cpuMicros, 1_234);
  assertEquals(hybrid?.ioPressure, { some: SOME, full: FULL });
  assertEquals((await usage([MEMORY, BARE], files))?.cpuMicros, 1);
});

Deno.test("readUsage() leaves out what the host does not count", async () => {
  const counted = await usage([SECOND], { "/v2/g/cpu.stat": "usage_usec 5\n" });
  assertEquals(counted, { cpuMicros: 5, memory: undefined, ...NO_PRESSURE });
  const { "/v2/g/memory.swap.current": _swap, ...files } = SECOND_FILES;
  assertEquals((await usage([SECOND], files))?.memory?.swap, undefined);
  assertEquals(await usage([CPU, MEMORY, BARE], {}), undefined);
  assertEquals(await usage([], FIRST_FILES), undefined);
});

Deno.test("readUsage() names the file that says what it cannot say", async () => {
  const broken: readonly (readonly [string, string])[] = [
    ["/cpu/g/cpuacct.usage", "many\n"],
    ["/cpu/g/cpuacct.usage", ""],
    ["/memory/g/memory.stat", "total_rss 1\n"],
    ["/memory/g/memory.usage_in_bytes", "-1\n"],
  ];
  for (const [file, text] of broken) {
    const read = () => usage([CPU, MEMORY], { ...FIRST_FILES, [file]: text });
    const error = await assertRejects(read, KernelError);
    assertEquals([error.errno, error.subject], ["EINVAL", file]);
  }
  for (const file of Object.keys(SECOND_FILES)) {
    const read = () => usage([SECOND], { ...SECOND_FILES, [file]: "?" });
    assertEquals((await assertRejects(read, KernelError)).subject, file);
  }
});

Deno.test("parseFirst() knows no limit and no swap", () => {
  const unlimited = FIRST_STAT.replaceAll(/(_limit) \d+/g, `$1 ${NO_LIMIT}`);
  const { limitBytes, swap } = parseFirst(unlimited, "f");
  assertEquals([limitBytes, swap], [undefined, { usedBytes: 8_192, limitBytes: undefined }]);
  const withoutSwap = FIRST_STAT.replace(/total_swap .*\n/, "");
  assertEquals(parseFirst(withoutSwap, "f").swap, undefined);
  assertThrows(() => parseSecond("anon 1\n", "f"), KernelError, "no inactive_file");
});

Deno.test("parseNumber(), parseNanos() and parseLimit() read one number", () => {
  assertEquals(parseNumber("0\n", "f"), 0);
  assertEquals(parseNanos("1999\n", "f"), 1);
  assertEquals(parseLimit("max\n", "f"), undefined);
  assertEquals(parseLimit(`${NO_LIMIT}\n`, "f"), undefined);
  assertEquals(parseLimit("4096\n", "f"), 4_096);
  for (const text of ["", "-1\n", "1 2\n", "0x1\n", "1e3\n", "max 1\n"]) {
    assertThrows(() => parseLimit(text, "/g/f"), KernelError, "/g/f");
  }
});

Deno.test("parsePressure() does without the second line", () => {
  const some = PRESSURE.split("\n")[0]!;
  assertEquals(parsePressure(`${some}\n`, "f"), { some: SOME, full: undefined });
  assertThrows(() => parsePressure("some avg10=x\n", "/g/f"), KernelError, "/g/f");
});
