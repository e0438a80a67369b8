/** A piece of text of one file that stands there exactly once, and what stands there instead. */
export interface Edit {
  /** From the root of the repository. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

/** Where a mutant comes from. */
export type Source =
  /** A bug that another runtime had, with its name in RACES.md's catalogue and where it is told. */
  | { readonly kind: "bug"; readonly id: string; readonly link: string }
  /** A window that the reference runtime still has. */
  | { readonly kind: "window"; readonly id: string }
  /** What people get wrong everywhere. */
  | { readonly kind: "operator"; readonly operator: Operator };

/** The ways to be wrong that have nothing to do with containers. */
export type Operator =
  | "answer before the commit"
  | "drop a bound"
  | "drop a commit"
  | "drop a guard"
  | "drop a step"
  | "forget an undo"
  | "forget to wait"
  | "ignore an errno"
  | "lose a context"
  | "miss an errno"
  | "need what can run out"
  | "skip the second look"
  | "swap two steps"
  | "trust a pid";

/** Which random programs find it: those of the lifecycle's clients, or of an image store's. */
export type SearchName = "lifecycle" | "images";

/** A copy of the core with one thing wrong. */
export interface Mutant {
  /** Words with dashes, unique. */
  readonly name: string;
  readonly source: Source;
  /** What is wrong with it, in a sentence. */
  readonly wrong: string;
  /** What is expected to find it, by its name in the oracle ("I3", "register"); "bug" for an assertion of the core. */
  readonly invariant: string;
  readonly edits: readonly Edit[];
  /** The lifecycle's unless given. */
  readonly search?: SearchName;
  /** The scenario in `test/scenario/` that must fail with it, where there is one. */
  readonly scenario?: string;
  /** Nothing but its invariant finds it: with that taken out of the oracle it survives. */
  readonly isFoundByNothingElse?: boolean;
}

/** A bug that happened: its number in races, and its issue, pull request or commit. */
export function bug(id: string, path: string): Source {
  return { kind: "bug", id, link: `https://github.com/${path}` };
}

/** A window of the reference runtime. */
export function gap(id: string): Source {
  return { kind: "window", id };
}

/** Made by rule. */
export function made(operator: Operator): Source {
  return { kind: "operator", operator };
}

/** A source in a line: "A5 https://…", "W8", "drop a guard". */
export function sourceText(source: Source): string {
  switch (source.kind) {
    case "bug":
      return `${source.id} ${source.link}`;
    case "window":
      return source.id;
    case "operator":
      return source.operator;
  }
}

/**
 * The text of a file after an edit.
 *
 * @throws {Error} unless the edit applies exactly once and changes something.
 */
export function edited(text: string, { file, from, to }: Edit): string {
  const parts = text.split(from);
  if (from === "" || parts.length !== 2) {
    throw new Error(`${file} has ${parts.length - 1} times ${JSON.stringify(from)}, not once`);
  }
  if (from === to) throw new Error(`An edit of ${file} changes nothing`);
  return parts.join(to);
}
