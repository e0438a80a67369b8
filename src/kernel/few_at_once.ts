/**
 * Does the same for many that have nothing to do with each other, a few at a time, and gives back what came of
 * each, in order. Where it fails for one no other begins, and the first failure is thrown when nothing goes on
 * any more.
 *
 * @throws what the first that failed threw.
 */
export async function fewAtOnce<Item, Result>(
  items: readonly Item[],
  atOnceMax: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results = new Array<Result>(items.length);
  const failures: unknown[] = [];
  const rest = items.entries();
  const goThrough = async (): Promise<void> => {
    for (const [index, item] of rest) {
      if (failures.length > 0) return;
      try {
        results[index] = await work(item);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  const count = Math.min(atOnceMax, items.length);
  await Promise.all(Array.from({ length: count }, goThrough));
  if (failures.length > 0) throw failures[0];
  return results;
}
