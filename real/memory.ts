import { libc } from "./libc.ts";
import { keepTouchedPagesOnly } from "./program_pages.ts";

/**
 * Gives back what only the start of a program needed: to be called once, when it is ready to serve. Never
 * throws.
 */
export function giveBackStartUp(): void {
  giveBackFreed();
  keepTouchedPagesOnly();
}

/**
 * Of the memory that was freed the C library returns the end alone by itself. What is between keeps 1 to 3 MB
 * of a start, the more the more modules Deno had to compile anew (man 3 malloc_trim).
 */
function giveBackFreed(): void {
  try {
    libc().malloc_trim(0n);
  } catch {
    // A C library without it.
  }
}
