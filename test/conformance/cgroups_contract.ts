import { assertEquals, assertMatch } from "@std/assert";
import { assertRefused, background, type Promises, start } from "./fixture.ts";

/** Promises of control groups. */
export const cgroupPromises: Promises = {
  "create() makes parents and takes what is there": async ({ kernel: { cgroups }, cgroup }) => {
    await cgroups.create(`${cgroup}/a/b`);
    await cgroups.create(`${cgroup}/a/b`);
    assertEquals(await cgroups.processes(`${cgroup}/a/b`), []);
    assertEquals(await cgroups.oomKills(`${cgroup}/a/b`), 0);
    await cgroups.remove(cgroup);
  },

  "every verb takes a group that is not there": async ({ kernel: { cgroups }, cgroup }) => {
    assertEquals(await cgroups.processes(cgroup), []);
    assertEquals(await cgroups.oomKills(cgroup), 0);
    assertEquals(await cgroups.cpuset(cgroup), undefined);
    await cgroups.kill(cgroup);
    await cgroups.remove(cgroup);
  },

  "cpuset() says what the processes of a group may use": async (
    { kernel: { cgroups }, cgroup },
  ) => {
    await cgroups.create(`${cgroup}/a`);
    const cpuset = await cgroups.cpuset(`${cgroup}/a`);
    assertMatch(cpuset?.cpus ?? "", /^\d[\d,-]*$/);
    assertMatch(cpuset?.mems ?? "", /^\d[\d,-]*$/);
    await cgroups.remove(cgroup);
  },

  "processes() finds descendants, sorted": async (fixture) => {
    const { kernel: { cgroups }, cgroup, programs } = fixture;
    await cgroups.create(`${cgroup}/a/b`);
    using upper = await start(fixture, programs.enter(`${cgroup}/a`));
    using lower = await start(fixture, programs.enter(`${cgroup}/a/b`));
    const pids = [upper, lower].map(({ child }) => child.identity.pid).toSorted((a, b) => a - b);
    assertEquals(await cgroups.processes(cgroup), pids);
    assertEquals(await cgroups.processes(`${cgroup}/a/b`), [lower.child.identity.pid]);
  },

  "remove() refuses a group with processes": async (fixture) => {
    const { kernel: { cgroups }, cgroup, programs } = fixture;
    await cgroups.create(cgroup);
    using inside = await start(fixture, programs.enter(cgroup));
    await assertRefused(cgroups.remove(cgroup), "EBUSY");
    assertEquals(await cgroups.processes(cgroup), [inside.child.identity.pid]);
  },

  "kill() ends every process below, then remove() goes through": async (fixture) => {
    const { kernel: { cgroups }, cgroup, programs } = fixture;
    await cgroups.create(`${cgroup}/a/b`);
    await cgroups.create(`${cgroup}/c`);
    using one = await start(fixture, programs.enter(`${cgroup}/a/b`));
    using other = await start(fixture, programs.enter(`${cgroup}/c`));
    await cgroups.kill(cgroup);
    for (const { child } of [one, other]) {
      assertEquals(await child.exited(background), { kind: "signaled", signal: 9 });
    }
    assertEquals(await cgroups.processes(cgroup), []);
    await cgroups.remove(cgroup);
    await cgroups.remove(cgroup);
    assertEquals(await cgroups.processes(cgroup), []);
  },

  "kill() leaves others alone": async (fixture) => {
    const { kernel: { cgroups }, cgroup, programs } = fixture;
    await cgroups.create(`${cgroup}/a`);
    await cgroups.create(`${cgroup}/ab`);
    using victim = await start(fixture, programs.enter(`${cgroup}/a`));
    using bystander = await start(fixture, programs.enter(`${cgroup}/ab`));
    await cgroups.kill(`${cgroup}/a`);
    await victim.child.exited(background);
    await cgroups.remove(`${cgroup}/a`);
    assertEquals(await cgroups.processes(cgroup), [bystander.child.identity.pid]);
  },
};
