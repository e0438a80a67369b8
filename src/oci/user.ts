import type { ContainerSecurity } from "../container/config.ts";
import { RuntimeError } from "../errors.ts";

/** Whom a container runs as. */
export interface ResolvedUser {
  readonly uid: number;
  readonly gid: number;
  /** Sorted; the primary group is one of them. */
  readonly additionalGids: readonly number[];
  /** The home directory, "/" when the image does not name one. */
  readonly home: string;
}

/** The image's own databases as text (man 5 passwd, man 5 group); empty when it has none. */
export interface UserDatabases {
  readonly passwd: string;
  readonly group: string;
}

/** What a caller should read of each database at most. */
export const USER_DATABASE_BYTES_MAX = 4 * 1024 * 1024;

/** runc takes no larger ids, since it keeps them in an int32. */
const ID_MAX = 0x7fffffff;
/** The kernel takes no more (NGROUPS_MAX, man 2 setgroups). */
const GROUPS_MAX = 65_536;

/**
 * Finds out whom a container runs as: the client's user, else the image's, else root. A number needs
 * no entry in the databases, a name does. Without a group of its own a user has the one of its entry,
 * or group 0.
 *
 * With policy Merge the groups that /etc/group lists the user in come along, with Strict only those
 * that the client names (CRI, SupplementalGroupsPolicy).
 *
 * @throws {RuntimeError} INVALID_ARGUMENT for a name that the image does not know, an id out of range,
 * or a group without a user.
 */
export function resolveUser(
  security: ContainerSecurity,
  imageUser: string,
  databases: UserDatabases,
): ResolvedUser {
  const wanted = wantedUser(security, imageUser);
  const account = findAccount(databases.passwd, wanted.user);
  const id = numberOf(wanted.user);
  if (account === undefined && id === undefined) {
    throw invalid(`user ${JSON.stringify(wanted.user)} is not in the image's /etc/passwd`);
  }
  const uid = checkId(id ?? account?.uid ?? 0, "user");
  const gid = wanted.group === ""
    ? checkId(account?.gid ?? 0, "group")
    : resolveGroup(databases.group, wanted.group);
  const member = account?.name ?? (id === undefined ? wanted.user : undefined);
  const merged = security.supplementalGroupsPolicy === "Merge" && member !== undefined
    ? groupsOf(databases.group, member)
    : [];
  const additional = new Set([gid, ...merged]);
  for (const group of security.supplementalGroups) additional.add(checkId(group, "group"));
  if (additional.size > GROUPS_MAX) throw invalid(`more than ${GROUPS_MAX} groups`);
  return {
    uid,
    gid,
    additionalGids: [...additional].sort((a, b) => a - b),
    home: account !== undefined && account.home.startsWith("/") ? account.home : "/",
  };
}

interface WantedUser {
  readonly user: string;
  /** Empty when none is named. */
  readonly group: string;
}

/** The client's user and group replace the image's together, never one of them (containerd does so). */
function wantedUser(security: ContainerSecurity, imageUser: string): WantedUser {
  const group = security.runAsGroup === undefined ? "" : String(security.runAsGroup);
  if (security.runAsUsername !== "") return { user: security.runAsUsername, group };
  if (security.runAsUser !== undefined) return { user: String(security.runAsUser), group };
  if (group !== "") throw invalid(`group ${group} is given without a user`);
  if (imageUser === "") return { user: "0", group: "" };
  const [user, imageGroup, ...rest] = imageUser.split(":");
  if (user === undefined || user === "" || imageGroup === "" || rest.length > 0) {
    throw invalid(`the image's user ${JSON.stringify(imageUser)} is malformed`);
  }
  return { user, group: imageGroup ?? "" };
}

interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
}

/** The first fitting entry counts; lines that are none are passed over, as getpwnam(3) does. */
function findAccount(passwd: string, user: string): Account | undefined {
  const id = numberOf(user);
  for (const line of lines(passwd)) {
    const [name, , uidText, gidText, , home] = line.split(":");
    if (name === undefined || uidText === undefined || gidText === undefined) continue;
    const uid = numberOf(uidText);
    const gid = numberOf(gidText);
    if (name === "" || uid === undefined || gid === undefined) continue;
    if (id === undefined ? name === user : uid === id) return { name, uid, gid, home: home ?? "" };
  }
  return undefined;
}

function resolveGroup(database: string, group: string): number {
  const id = numberOf(group);
  if (id !== undefined) return checkId(id, "group");
  for (const entry of groups(database)) {
    if (entry.name === group) return checkId(entry.gid, "group");
  }
  throw invalid(`group ${JSON.stringify(group)} is not in the image's /etc/group`);
}

function groupsOf(database: string, user: string): readonly number[] {
  const found: number[] = [];
  for (const entry of groups(database)) {
    const isInRange = entry.gid >= 0 && entry.gid <= ID_MAX;
    if (isInRange && entry.name !== user && entry.members.includes(user)) found.push(entry.gid);
  }
  return found;
}

function* groups(
  database: string,
): Generator<{ readonly name: string; readonly gid: number; readonly members: readonly string[] }> {
  for (const line of lines(database)) {
    const [name, , gidText, members] = line.split(":");
    const gid = gidText === undefined ? undefined : numberOf(gidText);
    if (name === undefined || name === "" || gid === undefined) continue;
    yield { name, gid, members: (members ?? "").split(",").map((it) => it.trim()) };
  }
}

function* lines(text: string): Generator<string> {
  for (let start = 0; start < text.length;) {
    const newline = text.indexOf("\n", start);
    const end = newline === -1 ? text.length : newline;
    const line = text.slice(start, end).trim();
    if (line !== "" && !line.startsWith("#")) yield line;
    start = end + 1;
  }
}

/** A number too large to be exact is still a number, so that it is refused for its size, not as a name. */
function numberOf(text: string): number | undefined {
  return /^-?[0-9]+$/.test(text) ? Number(text) : undefined;
}

function checkId(id: number, what: "user" | "group"): number {
  if (Number.isSafeInteger(id) && id >= 0 && id <= ID_MAX) return id;
  throw invalid(`${what} id ${id} is out of range`);
}

function invalid(why: string): RuntimeError {
  return new RuntimeError("INVALID_ARGUMENT", `Cannot resolve the container's user: ${why}`);
}
