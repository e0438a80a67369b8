import { assertEquals, assertThrows } from "@std/assert";

import { DEFAULT_CONFIG } from "../../../src/config.ts";
import { RuntimeError } from "../../../src/errors.ts";
import { readHostname, resolvConfOf, writeSandboxFiles } from "../../../src/sandbox/files.ts";
import { sandboxPaths } from "../../../src/sandbox/paths.ts";
import { fakeKernel, noEntry, sandboxConfigWith, sandboxRecordWith } from "../fakes.ts";

const paths = sandboxPaths(DEFAULT_CONFIG, "s1");

/** A kernel with the host's files, and what is written. */
function kernelWith(host: Readonly<Record<string, string>>) {
  const written: Record<string, [content: string | Uint8Array, mode: number | undefined]> = {};
  const kernel = fakeKernel({
    files: {
      readFile(path) {
        const content = host[path];
        if (content === undefined) return Promise.reject(noEntry(path));
        return Promise.resolve(new TextEncoder().encode(content));
      },
      mkdir: () => Promise.resolve(),
      writeFile(path, content, mode) {
        written[path] = [content, mode];
        return Promise.resolve();
      },
    },
  });
  return { kernel, written };
}

Deno.test("resolvConfOf() has searches and options on one line each, servers on their own", () => {
  assertEquals(
    resolvConfOf({
      servers: ["10.0.0.10", "fd00::a"],
      searches: ["default.svc", "svc"],
      options: ["ndots:5", "edns0"],
    }),
    "search default.svc svc\nnameserver 10.0.0.10\nnameserver fd00::a\noptions ndots:5 edns0\n",
  );
});

Deno.test("resolvConfOf() leaves out what is not given", () => {
  assertEquals(resolvConfOf({ servers: [], searches: [], options: [] }), "");
  assertEquals(
    resolvConfOf({ servers: ["10.0.0.10"], searches: [], options: [] }),
    "nameserver 10.0.0.10\n",
  );
  assertEquals(
    resolvConfOf({ servers: [], searches: ["svc"], options: ["edns0"] }),
    "search svc\noptions edns0\n",
  );
});

Deno.test("resolvConfOf() refuses a word that would not stay one word on its line", () => {
  for (const word of ["", " ", "a b", "a\nnameserver 6.6.6.6", "a\r", "a\tb", "a\n"]) {
    for (const part of ["servers", "searches", "options"]) {
      const dns = { servers: ["10.0.0.10"], searches: [], options: [], [part]: ["a", word] };
      const error = assertThrows(() => resolvConfOf(dns), RuntimeError, JSON.stringify(word), part);
      assertEquals(error.code, "INVALID_ARGUMENT");
    }
  }
});

Deno.test("resolvConfOf() takes 32 searches and refuses one more", () => {
  const searches = Array.from({ length: 32 }, (_, index) => `d${index}`);
  const dns = { servers: [], searches, options: [] };
  assertEquals(resolvConfOf(dns), `search ${searches.join(" ")}\n`);
  const error = assertThrows(
    () => resolvConfOf({ ...dns, searches: [...searches, "d32"] }),
    RuntimeError,
  );
  assertEquals(error.code, "INVALID_ARGUMENT");
});

Deno.test("writeSandboxFiles() writes what every container sees, for everybody to read", async () => {
  const { kernel, written } = kernelWith({ "/etc/resolv.conf": "nameserver 192.0.2.1\n" });
  await writeSandboxFiles(kernel, paths, sandboxRecordWith({ hostname: "web" }));
  assertEquals(written, {
    [paths.resolvConf]: ["nameserver 192.0.2.1\n", 0o644],
    [paths.hosts]: [
      "127.0.0.1\tlocalhost web\n::1\tlocalhost ip6-localhost ip6-loopback\n",
      0o644,
    ],
    [paths.hostname]: ["web\n", 0o644],
  });
});

Deno.test("writeSandboxFiles() takes the client's DNS over the host's", async () => {
  const { kernel, written } = kernelWith({ "/etc/resolv.conf": "nameserver 192.0.2.1\n" });
  const dns = { servers: ["10.0.0.10"], searches: [], options: [] };
  await writeSandboxFiles(kernel, paths, sandboxRecordWith({ config: sandboxConfigWith({ dns }) }));
  assertEquals(written[paths.resolvConf]?.[0], "nameserver 10.0.0.10\n");
  const none = sandboxConfigWith({ dns: { servers: [], searches: [], options: [] } });
  await writeSandboxFiles(kernel, paths, sandboxRecordWith({ config: none }));
  assertEquals(written[paths.resolvConf]?.[0], "nameserver 192.0.2.1\n");
});

Deno.test("writeSandboxFiles() takes the host's names on the host's network", async () => {
  const { kernel, written } = kernelWith({ "/etc/hosts": "192.0.2.7 node\n" });
  const namespaces = { network: "NODE", pid: "CONTAINER", ipc: "POD" } as const;
  await writeSandboxFiles(
    kernel,
    paths,
    sandboxRecordWith({ config: sandboxConfigWith({ namespaces }) }),
  );
  assertEquals(written[paths.hosts]?.[0], "192.0.2.7 node\n");
});

Deno.test("writeSandboxFiles() writes an empty file where the host has none", async () => {
  const { kernel, written } = kernelWith({});
  await writeSandboxFiles(kernel, paths, sandboxRecordWith());
  assertEquals(written[paths.resolvConf]?.[0], "");
});

Deno.test("readHostname() is the kernel's, without the line end", async () => {
  assertEquals(
    await readHostname(kernelWith({ "/proc/sys/kernel/hostname": "node\n" }).kernel),
    "node",
  );
  assertEquals(await readHostname(kernelWith({}).kernel), "");
});
