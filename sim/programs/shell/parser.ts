/** A piece of a word; variables are put in when the command runs, unless single quotes forbid it. */
export interface WordPart {
  readonly text: string;
  readonly isLiteral: boolean;
}

/** One word of a command line, quotes removed. */
export type Word = readonly WordPart[];

/** One of `>`, `>>`, `<`, `>&` with its descriptor. */
export interface Redirection {
  readonly fd: number;
  readonly kind: "read" | "write" | "append" | "duplicate";
  readonly target: Word;
}

/** What a line of shell says (man 1 dash), as far as the simulator needs it. */
export type Node =
  | {
    readonly kind: "simple";
    readonly words: readonly Word[];
    readonly redirections: readonly Redirection[];
  }
  | { readonly kind: "and" | "or"; readonly left: Node; readonly right: Node }
  | { readonly kind: "sequence"; readonly nodes: readonly Node[] }
  | { readonly kind: "background" | "subshell"; readonly node: Node }
  | { readonly kind: "while"; readonly condition: Node; readonly body: Node }
  | {
    readonly kind: "if";
    readonly condition: Node;
    readonly then: Node;
    readonly otherwise?: Node;
  };

type Token = { readonly operator: string } | { readonly word: Word };

const OPERATORS: readonly string[] = [
  "&&",
  "||",
  ">>",
  ">&",
  "<&",
  ";",
  "&",
  "(",
  ")",
  ">",
  "<",
  "\n",
];
const CLOSING: ReadonlySet<string> = new Set(["do", "done", "then", "else", "fi", "}"]);

/** @throws {SyntaxError} for what it does not know. */
export function parse(text: string): Node {
  const tokens = tokenize(text);
  let at = 0;

  const node = list();
  if (at < tokens.length) throw new SyntaxError(`sh: unexpected ${JSON.stringify(tokens[at])}`);
  return node;

  function list(): Node {
    const nodes: Node[] = [];
    while (at < tokens.length) {
      if (isOperator(";") || isOperator("\n")) {
        at++;
        continue;
      }
      if (isOperator(")") || CLOSING.has(keyword() ?? "")) break;
      const next = andOr();
      if (isOperator("&")) {
        at++;
        nodes.push({ kind: "background", node: next });
      } else nodes.push(next);
    }
    return nodes.length === 1 ? nodes[0] as Node : { kind: "sequence", nodes };
  }

  function andOr(): Node {
    let left = command();
    while (isOperator("&&") || isOperator("||")) {
      const kind = isOperator("&&") ? "and" : "or";
      at++;
      left = { kind, left, right: command() };
    }
    return left;
  }

  function command(): Node {
    if (isOperator("(")) {
      at++;
      const inner = list();
      expectOperator(")");
      return { kind: "subshell", node: inner };
    }
    switch (keyword()) {
      case "{": {
        at++;
        const inner = list();
        expectKeyword("}");
        return inner;
      }
      case "while": {
        at++;
        const condition = list();
        expectKeyword("do");
        const body = list();
        expectKeyword("done");
        return { kind: "while", condition, body };
      }
      case "if": {
        at++;
        const condition = list();
        expectKeyword("then");
        const then = list();
        if (keyword() !== "else") {
          expectKeyword("fi");
          return { kind: "if", condition, then };
        }
        at++;
        const otherwise = list();
        expectKeyword("fi");
        return { kind: "if", condition, then, otherwise };
      }
      default:
        return simple();
    }
  }

  function simple(): Node {
    const words: Word[] = [];
    const redirections: Redirection[] = [];
    for (; at < tokens.length; at++) {
      const token = tokens[at] as Token;
      if ("word" in token) {
        words.push(token.word);
        continue;
      }
      const kind = REDIRECTIONS[token.operator];
      if (kind === undefined) break;
      // "2>" has its number before it.
      const number = words.at(-1);
      const hasNumber = number?.length === 1 && /^\d$/.test(number[0]?.text ?? "") &&
        isAdjacent(at);
      if (hasNumber) words.pop();
      const target = tokens[++at];
      if (target === undefined || !("word" in target)) throw new SyntaxError("sh: redirection");
      redirections.push({
        fd: hasNumber ? Number(number?.[0]?.text) : token.operator.startsWith("<") ? 0 : 1,
        kind,
        target: target.word,
      });
    }
    if (words.length === 0 && redirections.length === 0) throw new SyntaxError("sh: empty command");
    return { kind: "simple", words, redirections };
  }

  function isAdjacent(index: number): boolean {
    return (tokens[index] as { isAdjacent?: boolean }).isAdjacent ?? false;
  }

  function isOperator(operator: string): boolean {
    const token = tokens[at];
    return token !== undefined && "operator" in token && token.operator === operator;
  }

  function keyword(): string | undefined {
    const token = tokens[at];
    if (token === undefined || !("word" in token) || token.word.length !== 1) return undefined;
    return token.word[0]?.isLiteral ? undefined : token.word[0]?.text;
  }

  function expectOperator(operator: string): void {
    if (!isOperator(operator)) throw new SyntaxError(`sh: ${operator} expected`);
    at++;
  }

  function expectKeyword(word: string): void {
    if (keyword() !== word) throw new SyntaxError(`sh: ${word} expected`);
    at++;
  }
}

const REDIRECTIONS: Readonly<Record<string, Redirection["kind"]>> = {
  "<": "read",
  ">": "write",
  ">>": "append",
  ">&": "duplicate",
  "<&": "duplicate",
};

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let parts: WordPart[] = [];
  let plain = "";
  let isWord = false;

  const endPart = (): void => {
    if (plain !== "") parts.push({ text: plain, isLiteral: false });
    plain = "";
  };
  const endWord = (): void => {
    endPart();
    if (isWord) tokens.push({ word: parts });
    parts = [];
    isWord = false;
  };

  for (let i = 0; i < text.length; i++) {
    const character = text[i] as string;
    if (character === "#" && !isWord) {
      while (i + 1 < text.length && text[i + 1] !== "\n") i++;
    } else if (character === "'") {
      const end = text.indexOf("'", i + 1);
      if (end < 0) throw new SyntaxError("sh: unterminated quote");
      endPart();
      isWord = true;
      parts.push({ text: text.slice(i + 1, end), isLiteral: true });
      i = end;
    } else if (character === '"') {
      isWord = true;
      for (i++; text[i] !== '"'; i++) {
        if (i >= text.length) throw new SyntaxError("sh: unterminated quote");
        if (text[i] === "\\") i++;
        plain += text[i];
      }
    } else if (character === "\\") {
      isWord = true;
      endPart();
      parts.push({ text: text[++i] ?? "", isLiteral: true });
    } else if (character === " " || character === "\t") endWord();
    else {
      const operator = OPERATORS.find((it) => text.startsWith(it, i));
      if (operator === undefined) {
        plain += character;
        isWord = true;
        continue;
      }
      const isAdjacent = isWord;
      endWord();
      tokens.push({ operator, ...(isAdjacent ? { isAdjacent } : {}) });
      i += operator.length - 1;
    }
  }
  endWord();
  return tokens;
}
