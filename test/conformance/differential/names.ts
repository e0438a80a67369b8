import type { Config } from "../../../src/config.ts";
import { MASKS } from "./exclusions.ts";

/** Short names for what has another name on each machine and in each run, in the order of appearance. */
export class Names {
  readonly #byId = new Map<string, string>();
  readonly #folders: readonly (readonly [string, string])[];

  constructor(config: Config) {
    this.#folders = [[config.root, "<root>"], [config.state, "<state>"], [
      config.cgroupParent,
      "<cgroup>",
    ]];
  }

  /** A sandbox's name, from when its id is first heard on. */
  sandbox(id: string): string {
    return this.#name(id, "sandbox");
  }

  /** A container's name, from when its id is first heard on. */
  container(id: string): string {
    return this.#name(id, "container");
  }

  /** Whether the id was heard before. */
  has(id: string): boolean {
    return this.#byId.has(id);
  }

  /** A text without what differs by machine and run, as far as the written list allows. */
  text(text: string): string {
    for (const [id, name] of this.#byId) text = text.replaceAll(id, name);
    for (const [path, name] of this.#folders) text = text.replaceAll(path, name);
    for (const { pattern, replacement } of MASKS) text = text.replaceAll(pattern, replacement);
    return text;
  }

  #name(id: string, kind: string): string {
    const known = this.#byId.get(id);
    if (known !== undefined) return known;
    const count = [...this.#byId.values()].filter((it) => it.startsWith(kind)).length;
    const name = `${kind}${count + 1}`;
    this.#byId.set(id, name);
    return name;
  }
}
