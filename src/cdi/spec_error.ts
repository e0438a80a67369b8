/** What is no CDI spec file, or none that can be used, and why. */
export class CdiSpecError extends Error {
  override readonly name = "CdiSpecError";
}

/** Words of a file for people: quoted, and not all of them where they are many. */
export function shown(text: string): string {
  return JSON.stringify(text.length <= SHOWN_MAX ? text : `${text.slice(0, SHOWN_MAX)}…`);
}

const SHOWN_MAX = 200;
