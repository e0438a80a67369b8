import { spawn } from "node:child_process";
import { once } from "node:events";

import type { HostFact } from "../../real/host.ts";
import { failure } from "./exit_codes.ts";

const APT = /^apt-get install (.+)$/;

/** The Debian packages that bring what is missing. */
export function packagesFor(facts: readonly HostFact[]): readonly string[] {
  const packages = facts.flatMap(({ howToInstall }) =>
    APT.exec(howToInstall)?.[1]?.split(" ") ?? []
  );
  return [...new Set(packages)].sort();
}

/**
 * Installs Debian packages, showing each command before it runs.
 *
 * @throws {ExitError} when a command fails.
 */
export async function installPackages(
  packages: readonly string[],
  print: (line: string) => void,
): Promise<void> {
  const install = ["install", "--yes", "--no-install-recommends", ...packages];
  for (const args of [["update"], install]) {
    print(`$ apt-get ${args.join(" ")}`);
    const child = spawn("apt-get", args, {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...Deno.env.toObject(), DEBIAN_FRONTEND: "noninteractive" },
    });
    const [code] = await Promise.race([
      once(child, "exit"),
      once(child, "error").then(([error]) => {
        throw failure(`Cannot run apt-get: ${error.message}`, error);
      }),
    ]);
    if (code !== 0) throw failure(`apt-get ${args[0]} ended with ${code ?? "a signal"}`);
  }
}
