import { KernelError } from "../../src/kernel/errno.ts";
import { parseFlags } from "./flags.ts";
import type { Program } from "./program.ts";

const NOT_EXECUTED = 127;

/** `nsenter --net=PATH PROGRAM ARGUMENT…`: becomes the program there (man 1 nsenter). */
export const nsenter: Program = async (sys) => {
  const { values, rest: [program = "", ...args] } = parseFlags(sys.args.slice(1), {
    values: ["net"],
    switches: [],
  });
  const path = values.get("net") ?? "";
  try {
    await sys.joinPath("net", path);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    await sys.write(2, `nsenter: cannot open ${path}: ${error.errno}\n`);
    return 1;
  }
  try {
    return await sys.exec(program, args);
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    await sys.write(2, `nsenter: failed to execute ${program}: ${error.errno}\n`);
    return NOT_EXECUTED;
  }
};
