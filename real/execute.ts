import { inheritNothing } from "./inherit.ts";
import { check, cString, libc } from "./libc.ts";
import { pairsOf, vector } from "./spawn.ts";

/**
 * Executes this program anew, with the same arguments and another environment, as the same process (man 2
 * execve): what it has open but for its standard streams is closed, and nothing of it goes on.
 *
 * @throws {KernelError} when it cannot be executed; then all is as before.
 */
export function executeAnew(env: Readonly<Record<string, string>>): never {
  const args = Deno.readTextFileSync("/proc/self/cmdline").split("\0").slice(0, -1);
  const program = Deno.execPath();
  inheritNothing();
  const result = libc().execve(cString(program), vector(args), vector(pairsOf(env)));
  check("execve", program, result);
  throw new Error("execve has returned");
}
