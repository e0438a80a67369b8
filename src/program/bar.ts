/** How much of something is done, from 0 to 1, as a bar of so many characters. */
export function barOf(share: number, widthChars: number): string {
  const filled = Math.round(widthChars * Math.min(1, share));
  return `${"█".repeat(filled)}${"░".repeat(widthChars - filled)}`;
}
