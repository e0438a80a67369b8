/**
 * The specifier of a module that is only read when it is imported. Deno follows the literal ones before the first
 * line runs: it reads and parses every module that they lead to, and keeps the text, and of one that is
 * never run what was parsed of it as well. A daemon carried the simulator and all commands along.
 *
 * `layers` (test/tidy/layers.ts) knows the name and sees the import all the same.
 *
 * @example The module's type has to be told, as nobody can infer it
 * ```ts ignore
 * const demo: typeof import("./demo.ts") = await import(onceNeeded("./demo.ts"));
 * ```
 */
export function onceNeeded(specifier: string): string {
  return specifier;
}
