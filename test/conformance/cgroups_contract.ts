import { assert, assertEquals, assertMatch } from "@std/assert";
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
    assertEquals(await cgroups.usage(cgroup), undefined);
    assertEquals(await cgroups.processCount(cgroup), 0);
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

  "usage() counts what descendants use, and keeps what they have used": async (fixture) => {
    const { kernel: { cgroups }, cgroup, programs } = fixture;
    await cgroups.create(`${cgroup}/a/b`);
    const before = await cgroups.usage(cgroup);
    assertEquals(before?.cpuMicros, 0);
    assertEquals(before?.memory?.anonymousBytes, 0);
    assertEquals(before?.memory?.limitBytes, undefined);
    using inside = await start(fixture, programs.enter(`${cgroup}/a/b`));
    const during = await cgroups.usage(cgroup);
    assert((during?.cpuMicros ?? 0) > 0);
    const memory = during?.memory;
    // Of what it is made up Linux tells some seconds late (mm/memcontrol.c, FLUSH_TIME).
    assert(memory !== undefined && memory.usedBytes > 0);
    await inside.child.signal(9);
    await inside.child.exited(background);
    const after = await cgroups.usage(cgroup);
    assert((after?.cpuMicros ?? 0) >= (during?.cpuMicros ?? Infinity));
    assertEquals(await cgroups.processCount(cgroup), 0);
  },

  "processCount() counts descendants": async (fixture) => {
    const { kernel: { cgroups }, cgroup, programs } = fixture;
    await cgroups.create(`${cgroup}/a/b`);
    using _upper = await start(fixture, programs.enter(`${cgroup}/a`));
    using _lower = await start(fixture, programs.enter(`${cgroup}/a/b`));
    assertEquals(await cgroups.processCount(cgroup), 2);
    assertEquals(await cgroups.processCount(`${cgroup}/a/b`), 1);
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
