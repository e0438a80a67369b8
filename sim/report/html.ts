/** Text that is safe in HTML, as it is. */
export class Html {
  /** @param text of HTML */
  constructor(readonly text: string) {}
}

/** What a template takes: texts are escaped, parts of HTML are not, lists are put together. */
export type HtmlPart = string | number | Html | undefined | readonly HtmlPart[];

/** A template of HTML: whatever is put in is escaped, in elements and in quoted attributes. */
export function html(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  return new Html(strings.map((it, index) => it + textOf(parts[index])).join(""));
}

/** Text that is HTML, or what may stand in a style or a script, already. */
export function raw(text: string): Html {
  return new Html(text);
}

function textOf(part: HtmlPart): string {
  if (part === undefined) return "";
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map(textOf).join("");
  return String(part).replaceAll(/[&<>"']/g, (it) => ESCAPES[it] ?? it);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
