/**
 * Whether a kernel's release ("6.1.0-18-amd64") is a version ("5.12") or a later one, by major and minor alone.
 * One that is no release is older than all.
 */
export function isReleaseAtLeast(release: string, version: string): boolean {
  const [major, minor] = versionOf(release);
  const [wantedMajor, wantedMinor] = versionOf(version);
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
}

function versionOf(text: string): [major: number, minor: number] {
  const [, major, minor] = /^([0-9]+)\.([0-9]+)/.exec(text) ?? [];
  return [Number(major ?? 0), Number(minor ?? 0)];
}
