import { assertEquals } from "@std/assert";
import { join } from "@std/path";

import { type HostFact, probeHost } from "../../../real/host.ts";

/** What is said of a conmon that answers so when it is asked for its version. */
async function conmonFact(answer: string): Promise<Omit<HostFact, "name"> | undefined> {
  const folder = await Deno.makeTempDir({ prefix: "slipway-test-" });
  await using undo = new AsyncDisposableStack();
  undo.defer(() => Deno.remove(folder, { recursive: true }));
  const conmon = join(folder, "conmon");
  await Deno.writeTextFile(conmon, `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
  const found = (await probeHost({ conmon })).find((it) => it.name === conmon);
  if (found === undefined) return undefined;
  const { name: _, ...fact } = found;
  return fact;
}

Deno.test("probeHost() says that a conmon is too old to execute commands", async () => {
  for (const version of ["2.0.31", "2.0.9", "1.99.40"]) {
    assertEquals(await conmonFact(`conmon version ${version}`), {
      isPresent: false,
      isRequired: false,
      detail: `conmon version ${version}: no command can be executed in a container`,
      howToInstall: "conmon 2.0.32 or later",
    });
  }
});

Deno.test("probeHost() takes any other conmon as it is", async () => {
  for (
    const answer of [
      "conmon version 2.0.32",
      "conmon version 2.1.6",
      "conmon version 3.0.0-dev",
      "mine",
    ]
  ) {
    assertEquals(await conmonFact(answer), {
      isPresent: true,
      isRequired: true,
      detail: answer,
      howToInstall: "",
    });
  }
});
