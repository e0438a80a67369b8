import { join } from "@std/path";
import type { Kernel } from "../kernel/kernel.ts";

const FOLDERS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/**
 * The absolute path of a program, which conmon wants to have of its runtime. A name that is nowhere
 * stays as it is: whoever executes it then says so.
 */
export async function findProgram(kernel: Kernel, program: string): Promise<string> {
  if (program.includes("/")) return program;
  for (const folder of FOLDERS) {
    const path = join(folder, program);
    if (await kernel.files.stat(path) !== undefined) return path;
  }
  return program;
}
