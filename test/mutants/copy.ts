import { join } from "@std/path";
import { type Edit, edited } from "./mutant.ts";

/** The repository that the copies are made of. */
export const ROOT: string = join(import.meta.dirname ?? "", "../..");

/** All that the searches and the scenarios load. */
const PARTS = ["src", "sim", "test", "bench", ".deno", "deno.json", "deno.lock", "mod.ts", "real"];

/** A copy of the repository in a temporary folder, to put edits into and take them out again. */
export class WorkingCopy implements AsyncDisposable {
  private constructor(readonly path: string) {}

  static async make(): Promise<WorkingCopy> {
    const copy = new WorkingCopy(await Deno.makeTempDir({ prefix: "slipway-mutant-" }));
    const { code, stderr } = await new Deno.Command("cp", {
      args: ["-r", ...PARTS, copy.path],
      cwd: ROOT,
    }).output();
    if (code === 0) return copy;
    await copy[Symbol.asyncDispose]();
    throw new Error(`Cannot copy ${ROOT}: ${new TextDecoder().decode(stderr)}`);
  }

  /**
   * Puts edits in, until the returned object is disposed.
   *
   * @throws {Error} when one does not apply exactly once; then none is in.
   */
  apply(edits: readonly Edit[]): Disposable {
    const originals = new Map<string, string>();
    const texts = new Map<string, string>();
    for (const edit of edits) {
      const { file } = edit;
      if (!originals.has(file)) originals.set(file, Deno.readTextFileSync(join(this.path, file)));
      texts.set(file, edited(texts.get(file) ?? originals.get(file) ?? "", edit));
    }
    for (const [file, text] of texts) Deno.writeTextFileSync(join(this.path, file), text);
    return {
      [Symbol.dispose]: () => {
        for (const [file, text] of originals) Deno.writeTextFileSync(join(this.path, file), text);
      },
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
