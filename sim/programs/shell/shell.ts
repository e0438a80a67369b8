import { hasErrno, KernelError } from "../../../src/kernel/errno.ts";
import type { ExitStatus } from "../../../src/kernel/processes.ts";
import type { Program, Sys } from "../program.ts";
import { signalNumber } from "../signals.ts";
import { type Node, parse, type Redirection, type Word } from "./parser.ts";
import { toText } from "../../world/content.ts";

const NOT_FOUND = 127;
const SYNTAX_ERROR = 2;
const READ_BYTES = 4_096;

/** `sh -c TEXT`, or a script's path: the part of a POSIX shell that tests of containers use. */
export const sh: Program = async (sys) => {
  const [, flag, text] = sys.args;
  let source: string;
  if (flag === "-c") source = text ?? "";
  else if (flag === undefined) source = await sys.readAll(0);
  else source = await sys.readFile(flag);
  let node: Node;
  try {
    node = parse(source);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    await sys.write(2, `${error.message}\n`);
    return SYNTAX_ERROR;
  }
  return await new Shell(sys).main(node);
};

/** Thrown by `exit`. */
class Exit {
  constructor(readonly code: number) {}
}

class Shell {
  readonly #sys: Sys;
  readonly #variables: Map<string, string> = new Map();
  readonly #traps: Map<number, string> = new Map();
  #lastCode = 0;
  #lastBackground = 0;

  constructor(sys: Sys, variables?: ReadonlyMap<string, string>) {
    this.#sys = sys;
    if (variables !== undefined) this.#variables = new Map(variables);
  }

  async main(node: Node): Promise<number> {
    try {
      return await this.#run(node);
    } catch (error) {
      if (error instanceof Exit) return error.code;
      throw error;
    }
  }

  async #run(node: Node): Promise<number> {
    switch (node.kind) {
      case "sequence":
        this.#lastCode = 0;
        for (const part of node.nodes) await this.#run(part);
        return this.#lastCode;
      case "and":
      case "or": {
        const code = await this.#run(node.left);
        return (code === 0) === (node.kind === "and") ? await this.#run(node.right) : code;
      }
      case "background":
        this.#lastBackground = await this.#fork(node.node);
        return this.#lastCode = 0;
      case "subshell":
        return this.#lastCode = await this.#waitFor(await this.#fork(node.node));
      case "while":
        while (await this.#run(node.condition) === 0) await this.#run(node.body);
        return this.#lastCode = 0;
      case "if":
        if (await this.#run(node.condition) === 0) return await this.#run(node.then);
        return node.otherwise === undefined ? 0 : await this.#run(node.otherwise);
      case "simple":
        return this.#lastCode = await this.#simple(node.words, node.redirections);
    }
  }

  async #simple(words: readonly Word[], redirections: readonly Redirection[]): Promise<number> {
    const args = words.map((word) => this.#expand(word));
    const files: Record<number, number> = { 0: 0, 1: 1, 2: 2 };
    const opened: number[] = [];
    for (const redirection of redirections) {
      const fd = await this.#open(redirection, files, opened);
      if (fd === undefined) return 1;
      files[redirection.fd] = fd;
    }
    const [name = ""] = args;
    if (name === "exec" && args.length === 1) {
      for (const [to, from] of Object.entries(files)) this.#sys.duplicate(from, Number(to));
      return 0;
    }
    const code = await this.#execute(args, files);
    for (const fd of opened) await this.#sys.close(fd);
    return code;
  }

  async #execute(
    args: readonly string[],
    files: Readonly<Record<number, number>>,
  ): Promise<number> {
    const sys = this.#sys;
    const [name = "", ...rest] = args;
    const assignment = /^([A-Za-z_]\w*)=(.*)$/s.exec(name);
    if (assignment !== null && rest.length === 0) {
      this.#variables.set(assignment[1] as string, assignment[2] as string);
      return 0;
    }
    switch (name) {
      case "":
      case ":":
      case "true":
        return 0;
      case "false":
        return 1;
      case "exit":
        throw new Exit(Number(rest[0] ?? this.#lastCode));
      case "echo": {
        const line = rest[0] === "-n" ? rest.slice(1).join(" ") : `${rest.join(" ")}\n`;
        return await this.#write(files[1] ?? 1, line);
      }
      case "printf": {
        const [format = "", ...values] = rest;
        let i = 0;
        const text = format.replaceAll("\\n", "\n").replace(/%[sd]/g, () => values[i++] ?? "");
        return await this.#write(files[1] ?? 1, text);
      }
      case "read":
        return await this.#read(rest[0] ?? "REPLY", files[0] ?? 0);
      case "trap":
        return await this.#trap(rest);
      case "wait":
        return await this.#waitAll(rest[0]);
      case "kill":
        return await this.#kill(rest);
      case "exec":
        for (const [to, from] of Object.entries(files)) sys.duplicate(from, Number(to));
        throw new Exit(await sys.exec(rest[0] ?? "", rest.slice(1), this.#environment()));
      default:
        return await this.#spawn(name, rest, files);
    }
  }

  async #spawn(
    name: string,
    args: readonly string[],
    files: Readonly<Record<number, number>>,
  ): Promise<number> {
    if (!await this.#sys.canExecute(name)) {
      await this.#write(files[2] ?? 2, `${this.#sys.args[0]}: ${name}: not found\n`);
      return NOT_FOUND;
    }
    const pid = await this.#sys.spawn(name, args, { files, env: this.#environment() });
    return await this.#waitFor(pid);
  }

  async #fork(node: Node): Promise<number> {
    return await this.#sys.fork("sh", (child) => new Shell(child, this.#variables).main(node));
  }

  /** Waits for one child; traps run as their signals come. */
  async #waitFor(pid: number): Promise<number> {
    for (;;) {
      const { signals, hasChild } = await this.#sys.poll({ children: true });
      for (const signal of signals) await this.#runTrap(signal);
      if (!hasChild) continue;
      const waited = await this.#sys.tryWait();
      if (waited === undefined) return NOT_FOUND;
      if (waited.pid === pid) return codeOf(waited.status);
    }
  }

  async #waitAll(pid: string | undefined): Promise<number> {
    if (pid !== undefined) return await this.#waitFor(Number(pid));
    for (;;) {
      const { signals } = await this.#sys.poll({ children: true });
      for (const signal of signals) await this.#runTrap(signal);
      if (signals.length > 0) return 128 + (signals[0] as number);
      if (await this.#sys.tryWait() === undefined) return 0;
    }
  }

  async #trap(args: readonly string[]): Promise<number> {
    const [action = "", ...names] = args;
    for (const name of names) {
      const signal = signalNumber(name);
      if (signal === undefined) return 1;
      this.#traps.set(signal, action);
      await this.#sys.signalAction(signal, action === "" ? "ignore" : "catch");
    }
    return 0;
  }

  async #runTrap(signal: number): Promise<void> {
    const action = this.#traps.get(signal);
    if (action) await this.#run(parse(action));
  }

  async #kill(args: readonly string[]): Promise<number> {
    const flag = args[0]?.startsWith("-") ? args[0].slice(1) : "TERM";
    const pid = Number(args.at(-1));
    try {
      await this.#sys.kill(pid, signalNumber(flag) ?? 0);
      return 0;
    } catch (error) {
      if (hasErrno(error, "ESRCH")) return 1;
      throw error;
    }
  }

  async #read(name: string, fd: number): Promise<number> {
    const bytes = await this.#sys.read(fd, READ_BYTES);
    this.#variables.set(name, toText(bytes).split("\n")[0] ?? "");
    return bytes.length === 0 ? 1 : 0;
  }

  async #write(fd: number, text: string): Promise<number> {
    try {
      await this.#sys.write(fd, text);
      return 0;
    } catch (error) {
      if (error instanceof KernelError) return 1;
      throw error;
    }
  }

  async #open(
    redirection: Redirection,
    files: Readonly<Record<number, number>>,
    opened: number[],
  ): Promise<number | undefined> {
    const target = this.#expand(redirection.target);
    if (redirection.kind === "duplicate") return files[Number(target)] ?? Number(target);
    try {
      const fd = await this.#sys.open(target, redirection.kind === "read" ? "read" : "append", {
        ...(redirection.kind === "read" ? {} : { createMode: 0o644 }),
        truncates: redirection.kind === "write",
      });
      opened.push(fd);
      return fd;
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      await this.#write(2, `sh: ${target}: ${error.errno}\n`);
      return undefined;
    }
  }

  #environment(): Record<string, string> {
    return { ...this.#sys.env };
  }

  #expand(word: Word): string {
    return word.map((part) => part.isLiteral ? part.text : this.#substitute(part.text)).join("");
  }

  #substitute(text: string): string {
    return text.replace(/\$(?:\{(\w+)\}|(\w+|[$?!]))/g, (_, braced, bare) => {
      const name = (braced ?? bare) as string;
      if (name === "$") return String(this.#sys.pidSeen);
      if (name === "?") return String(this.#lastCode);
      if (name === "!") return String(this.#lastBackground);
      return this.#variables.get(name) ?? this.#sys.env[name] ?? "";
    });
  }
}

function codeOf(status: ExitStatus): number {
  return status.kind === "exited" ? status.code : 128 + status.signal;
}
