/** What is in a file of /proc or /sys; nothing of one that is gone: processes come and go while one looks. */
export function read(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
