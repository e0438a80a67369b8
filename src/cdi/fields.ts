import { CdiSpecError, shown } from "./spec_error.ts";

/** The versions of the specification that there are, oldest first (CDI, SPEC.md, "Released versions"). */
const VERSIONS = [
  ...["0.3.0", "0.4.0", "0.5.0", "0.6.0", "0.7.0", "0.8.0", "1.0.0", "1.1.0"],
] as const;

/** One of the specification's versions. */
export type Version = typeof VERSIONS[number];

/**
 * What one file may describe, in fields and entries of lists. YAML can name a part again and again, and a part of
 * that, so a small file may describe more than fits in memory.
 */
const THINGS_MAX = 100_000;

/** What is the same for all of one spec file. */
export class SpecDocument {
  readonly #version: number;
  #thingsLeft = THINGS_MAX;

  /** @throws {CdiSpecError} for a version that is not known. */
  constructor(version: string) {
    this.#version = (VERSIONS as readonly string[]).indexOf(version.replace(/^v/, ""));
    if (this.#version === -1) throw new CdiSpecError(`cdiVersion ${shown(version)} is not known`);
  }

  /** @throws {CdiSpecError} when the file's version does not have this yet. */
  require(version: Version, what: string): void {
    if (VERSIONS.indexOf(version) <= this.#version) return;
    throw new CdiSpecError(`${what} needs cdiVersion ${version} or later`);
  }

  /** @throws {CdiSpecError} when it is too much. */
  count(): void {
    if (this.#thingsLeft-- > 0) return;
    throw new CdiSpecError(`it describes more than ${THINGS_MAX} things`);
  }
}

/**
 * The fields of one object, of which nothing is known: each is checked when it is asked for. As in Go, null and
 * what is empty count as left out. What has no name here is refused, since the container would miss it (CDI,
 * SPEC.md, "Released versions").
 */
export class Fields {
  readonly #fields: Readonly<Record<string, unknown>>;

  /** @throws {CdiSpecError} when `value` is no object, or has other fields. */
  constructor(
    readonly document: SpecDocument,
    value: unknown,
    readonly path: string,
    names: readonly string[],
  ) {
    this.#fields = objectOf(value, path);
    const unknown = Object.keys(this.#fields).find((it) => !names.includes(it));
    if (unknown === undefined) return;
    throw new CdiSpecError(
      `${path === "" ? "it" : path} has ${shown(unknown)}, which is not known`,
    );
  }

  /** Undefined when it is left out, or empty. */
  text(name: string): string | undefined {
    const value = this.#fields[name] ?? "";
    if (typeof value !== "string" || value.includes("\0")) throw this.#invalid(name, "is no text");
    this.document.count();
    return value === "" ? undefined : value;
  }

  requiredText(name: string): string {
    const text = this.text(name);
    if (text === undefined) throw this.#invalid(name, "is missing");
    return text;
  }

  /** An absolute path. */
  absolutePath(name: string): string {
    const path = this.requiredText(name);
    if (!path.startsWith("/")) throw this.#invalid(name, `${shown(path)} is not absolute`);
    return path;
  }

  /** A whole number from `least` on. */
  whole(name: string, most: number, least = 0): number | undefined {
    const value = this.#fields[name] ?? undefined;
    if (value === undefined) return undefined;
    this.document.count();
    const isWhole = typeof value === "number" && Number.isInteger(value);
    if (isWhole && value >= least && value <= most) return value;
    throw this.#invalid(name, `is no whole number from ${least} to ${most}`);
  }

  isSet(name: string): boolean {
    const value = this.#fields[name] ?? false;
    if (typeof value === "boolean") return value;
    throw this.#invalid(name, "is neither true nor false");
  }

  /** What `read` makes of each entry. */
  list<T>(name: string, read: (value: unknown, path: string) => T): readonly T[] {
    const value = this.#fields[name] ?? [];
    if (!Array.isArray(value)) throw this.#invalid(name, "is no list");
    return value.map((it, index) => {
      this.document.count();
      return read(it, `${this.#pathOf(name)}[${index}]`);
    });
  }

  texts(name: string): readonly string[] {
    return this.list(name, (value, path) => {
      if (typeof value === "string" && !value.includes("\0")) return value;
      throw new CdiSpecError(`${path} is no text`);
    });
  }

  /** "NAME=value" each. */
  variables(name: string): readonly string[] {
    const variables = this.texts(name);
    const odd = variables.find((it) => it.indexOf("=") < 1);
    if (odd === undefined) return variables;
    throw this.#invalid(name, `has ${shown(odd)}, which is not of the form NAME=value`);
  }

  /** What `read` makes of it, when it is there. */
  part<T>(name: string, read: (value: unknown, path: string) => T): T | undefined {
    const value = this.#fields[name] ?? undefined;
    return value === undefined ? undefined : read(value, this.#pathOf(name));
  }

  /** Whether there are annotations, which say nothing to a runtime. */
  hasAnnotations(name: string): boolean {
    const entries = Object.entries(objectOf(this.#fields[name] ?? {}, this.#pathOf(name)));
    for (const [key, value] of entries) {
      this.document.count();
      if (typeof value !== "string") throw this.#invalid(name, `has no text as ${shown(key)}`);
    }
    return entries.length > 0;
  }

  #pathOf(name: string): string {
    return this.path === "" ? name : `${this.path}.${name}`;
  }

  #invalid(name: string, why: string): CdiSpecError {
    return new CdiSpecError(`${this.#pathOf(name)} ${why}`);
  }
}

function objectOf(value: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new CdiSpecError(path === "" ? "it holds no object" : `${path} is no object`);
}
