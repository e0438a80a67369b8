import { assert, assertEquals, assertThrows } from "@std/assert";

import type { ContainerSecurity } from "../../../src/container/config.ts";
import { RuntimeError } from "../../../src/errors.ts";
import { resolveUser } from "../../../src/oci/user.ts";
import { SECURITY } from "./fixture.ts";

const databases = {
  passwd: [
    "# comment",
    "root:x:0:0:root:/root:/bin/sh",
    "broken",
    "web:x:33:34:Web:/srv/www:/bin/false",
    "nohome:x:44:45",
    "huge:x:4294967295:1::/:/",
  ].join("\n"),
  group: "root:x:0:\nwww:x:34:\nlogs:x:50:web,root\nweb:x:60:web\nbad:x:-3:web\nextra:x:70: web\n",
};

function resolve(security: Partial<ContainerSecurity>, imageUser = "") {
  return resolveUser({ ...SECURITY, ...security }, imageUser, databases);
}

const cases: readonly (readonly [Partial<ContainerSecurity>, string, string])[] = [
  [{}, "", "0:0 [0,50] /root"],
  [{}, "web", "33:34 [34,50,70] /srv/www"],
  [{}, "33", "33:34 [34,50,70] /srv/www"],
  [{}, "web:logs", "33:50 [50,70] /srv/www"],
  [{}, "33:7", "33:7 [7,50,70] /srv/www"],
  [{}, "1000", "1000:0 [0] /"],
  [{}, "1000:1000", "1000:1000 [1000] /"],
  [{}, "nohome", "44:45 [45] /"],
  [{ runAsUser: 33 }, "root:logs", "33:34 [34,50,70] /srv/www"],
  [{ runAsUser: 33, runAsGroup: 5 }, "", "33:5 [5,50,70] /srv/www"],
  [{ runAsUsername: "web", runAsUser: 0 }, "", "33:34 [34,50,70] /srv/www"],
  [{ runAsUser: 1000, supplementalGroups: [9, 3] }, "", "1000:0 [0,3,9] /"],
  [{ runAsUsername: "web", supplementalGroupsPolicy: "Strict" }, "", "33:34 [34] /srv/www"],
];

for (const [security, imageUser, expected] of cases) {
  const given = JSON.stringify({ ...security, imageUser });
  Deno.test(`resolveUser() makes ${expected} of ${given}`, () => {
    const { uid, gid, additionalGids, home } = resolve(security, imageUser);
    assertEquals(`${uid}:${gid} [${additionalGids}] ${home}`, expected);
  });
}

const refused: readonly (readonly [Partial<ContainerSecurity>, string, string])[] = [
  [{}, "nobody", 'user "nobody" is not in the image\'s /etc/passwd'],
  [{}, "web:nothing", 'group "nothing" is not in the image\'s /etc/group'],
  [{}, "a:b:c", "malformed"],
  [{}, ":1", "malformed"],
  [{}, "1:", "malformed"],
  [{ runAsGroup: 5 }, "", "without a user"],
  [{ runAsUser: -1 }, "", "out of range"],
  [{ runAsUser: 2 ** 31 }, "", "out of range"],
  [{ runAsUsername: "huge" }, "", "out of range"],
  [{}, "99999999999999999999", "out of range"],
  [{ supplementalGroups: [-1] }, "", "out of range"],
];

for (const [security, imageUser, why] of refused) {
  Deno.test(`resolveUser() refuses ${JSON.stringify({ ...security, imageUser })}`, () => {
    const error = assertThrows(() => resolve(security, imageUser), RuntimeError);
    assertEquals(error.code, "INVALID_ARGUMENT");
    assert(error.message.includes(why), error.message);
  });
}

Deno.test("resolveUser() needs no databases for numbers", () => {
  const security = { ...SECURITY, runAsUser: 12, runAsGroup: 13 };
  const user = resolveUser(security, "", { passwd: "", group: "" });
  assertEquals(user, { uid: 12, gid: 13, additionalGids: [13], home: "/" });
});
