import type { Context } from "./context.ts";

/**
 * Does several things at once and waits for all of them. When one fails the others are told to give up,
 * and the first failure is thrown when nothing goes on any more, so that it can be undone.
 *
 * @throws what the first that failed threw.
 */
export async function allOf(
  context: Context,
  ...works: readonly ((context: Context) => Promise<unknown>)[]
): Promise<void> {
  using shared = context.child();
  await finish(works.map((work) => () => work(shared)), () => shared.cancel());
}

/**
 * As {@linkcode allOf}, with what came of each.
 *
 * @throws what the first that failed threw.
 */
export async function resultsOf<
  const Works extends readonly ((context: Context) => Promise<unknown>)[],
>(context: Context, ...works: Works): Promise<ResultsOf<Works>> {
  const results: unknown[] = [];
  const kept = works.map((work, index) => async (shared: Context) => {
    results[index] = await work(shared);
  });
  await allOf(context, ...kept);
  return results as unknown as ResultsOf<Works>;
}

type ResultsOf<Works extends readonly ((context: Context) => Promise<unknown>)[]> = {
  -readonly [Index in keyof Works]: Awaited<ReturnType<Works[Index]>>;
};

/**
 * Does the same for several that have nothing to do with each other, at once. Where it fails for one it goes on
 * for the others, and the first failure is thrown when nothing goes on any more.
 *
 * @throws what the first that failed threw.
 */
export async function forEachOf<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  await finish(items.map((item) => () => work(item)));
}

/** Waits for all, and throws the first failure when nothing goes on any more. */
async function finish(
  works: readonly (() => Promise<unknown>)[],
  onFailure: () => void = () => {},
): Promise<void> {
  const failures: unknown[] = [];
  await Promise.all(works.map(async (work) => {
    try {
      await work();
    } catch (error) {
      failures.push(error);
      onFailure();
    }
  }));
  if (failures.length > 0) throw failures[0];
}
