import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";

import { RuntimeError } from "../../../src/errors.ts";
import { Context } from "../../../src/kernel/context.ts";
import { KernelError } from "../../../src/kernel/errno.ts";
import { CniNetwork } from "../../../src/network/cni.ts";
import type { NetworkAttachment } from "../../../src/network/network.ts";
import { SANDBOX_CONFIG } from "../oci/fixture.ts";
import { type Answer, CONFIG, host, type Run } from "./fixture.ts";

const background = Context.background();

const LIST = JSON.stringify({
  cniVersion: "1.0.0",
  name: "pods",
  plugins: [
    { type: "bridge", bridge: "cni0", capabilities: { ips: true } },
    { type: "portmap", capabilities: { portMappings: true, dns: false } },
  ],
});

const PLUGINS = { "/cni/loopback": "", "/cni/bridge": "", "/cni/portmap": "" };

const RESULT = {
  cniVersion: "1.0.0",
  interfaces: [{ name: "cni0" }, { name: "eth0", sandbox: "/run/ns" }],
  ips: [
    { address: "fd00::5/64", interface: 1 },
    { address: "10.1.0.1/16", interface: 0 },
    { address: "10.1.0.5/16", interface: 1 },
  ],
};

const ATTACHMENT: NetworkAttachment = {
  sandboxId: "s1",
  netnsPath: "/run/ns",
  config: {
    ...SANDBOX_CONFIG,
    portMappings: [
      { protocol: "TCP", containerPort: 80, hostPort: 8080, hostIp: "" },
      { protocol: "UDP", containerPort: 53, hostPort: 0, hostIp: "" },
    ],
  },
};

const succeed = (run: Run): Answer => {
  const isAdd = run.env["CNI_COMMAND"] === "ADD";
  return { code: 0, stdout: isAdd ? JSON.stringify(RESULT) : "" };
};

function network(answer: (run: Run) => Answer = succeed, files: Record<string, string> = PLUGINS) {
  const { kernel, runs } = host(files, answer);
  return { cni: new CniNetwork(kernel, CONFIG), runs };
}

Deno.test("configuration() is that of the first file in order", async () => {
  const { cni } = network(succeed, {
    "/net.d/20-other.conflist": "{}",
    "/net.d/10-pods.conflist": LIST,
    "/net.d/00-readme.txt": "no network",
  });
  assertEquals(await cni.configuration(), LIST);
  assertEquals(await cni.readiness(), { isReady: true, message: "" });
});

Deno.test("configuration() says why there is none", async () => {
  const cases: readonly Record<string, string>[] = [
    {},
    { "/net.d/readme.txt": LIST },
    { "/net.d/10.conflist": "{" },
    { "/net.d/10.conflist": '{"cniVersion":"1.0.0","name":"a","plugins":[]}' },
  ];
  for (const files of cases) {
    const { cni } = network(succeed, files);
    const error = await assertRejects(() => cni.configuration(), RuntimeError);
    assertEquals(error.code, "UNAVAILABLE");
    assertEquals(await cni.readiness(), { isReady: false, message: error.message });
  }
});

Deno.test("attach() runs every plugin with the result before it, and loopback beside the first", async () => {
  const { cni, runs } = network();
  const result = await cni.attach(ATTACHMENT, LIST, background);
  assertEquals(result.ips, ["10.1.0.5", "fd00::5"]);
  assertEquals(JSON.parse(result.result), RESULT);
  assertEquals(runs.map((it) => `${it.env["CNI_COMMAND"]} ${it.program} ${it.env["CNI_IFNAME"]}`), [
    "ADD /cni/bridge eth0",
    "ADD /cni/loopback lo",
    "ADD /cni/portmap eth0",
  ]);
  const [bridge, , portmap] = runs;
  assertEquals(bridge?.input, {
    type: "bridge",
    bridge: "cni0",
    name: "pods",
    cniVersion: "1.0.0",
  });
  assertEquals(portmap?.input, {
    type: "portmap",
    name: "pods",
    cniVersion: "1.0.0",
    runtimeConfig: {
      portMappings: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }],
    },
    prevResult: RESULT,
  });
  assertEquals(bridge?.env, {
    CNI_COMMAND: "ADD",
    CNI_CONTAINERID: "s1",
    CNI_NETNS: "/run/ns",
    CNI_IFNAME: "eth0",
    CNI_PATH: "/none:/cni",
    CNI_ARGS: "IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=pod;" +
      "K8S_POD_INFRA_CONTAINER_ID=s1;K8S_POD_UID=u1",
  });
});

Deno.test("attach() reports a plugin's own words", async () => {
  const error = { code: 11, msg: "try again", details: "no address left" };
  const { cni, runs } = network((run) =>
    run.program.endsWith("bridge") ? { code: 1, stdout: JSON.stringify(error) } : succeed(run)
  );
  const { message } = await assertRejects(
    () => cni.attach(ATTACHMENT, LIST, background),
    KernelError,
  );
  assertStringIncludes(message, "bridge ADD");
  assertStringIncludes(message, "try again; no address left (code 11)");
  assertEquals(runs.length, 2);
});

Deno.test("attach() fails with loopback, and calls no further plugin of the list", async () => {
  const { cni, runs } = network((run) =>
    run.program.endsWith("loopback")
      ? { code: 1, stdout: '{"code":7,"msg":"no lo"}' }
      : succeed(run)
  );
  await assertRejects(() => cni.attach(ATTACHMENT, LIST, background), KernelError, "no lo");
  // What the first plugin may have done is the DEL's to undo.
  assertEquals(runs.map((it) => it.program), ["/cni/bridge", "/cni/loopback"]);
});

Deno.test("attach() refuses what it cannot use", async () => {
  const { cni } = network(() => ({ code: 0, stdout: "no JSON" }));
  await assertRejects(() => cni.attach(ATTACHMENT, LIST, background), KernelError, "no JSON");
  const empty = network(() => ({ code: 0, stdout: "{}" }));
  await assertRejects(() => empty.cni.attach(ATTACHMENT, LIST, background), RuntimeError);
  const bare = network(succeed, { "/cni/loopback": "" });
  await assertRejects(() => bare.cni.attach(ATTACHMENT, LIST, background), KernelError, "bridge");
});

Deno.test("attach() refuses names that would smuggle arguments in", async () => {
  const { cni, runs } = network();
  const metadata = { ...SANDBOX_CONFIG.metadata, name: "a;IP=10.0.0.1" };
  const attachment = { ...ATTACHMENT, config: { ...ATTACHMENT.config, metadata } };
  const error = await assertRejects(
    () => cni.attach(attachment, LIST, background),
    RuntimeError,
  );
  assertEquals(error.code, "INVALID_ARGUMENT");
  assertEquals(runs, []);
  await cni.detach(attachment, LIST, undefined, background);
  assert(runs.every((it) => !it.env["CNI_ARGS"]?.includes("10.0.0.1")));
});

Deno.test("detach() runs every plugin in reverse with the last result", async () => {
  const { cni, runs } = network();
  await cni.detach(ATTACHMENT, LIST, JSON.stringify(RESULT), background);
  assertEquals(runs.map((it) => `${it.env["CNI_COMMAND"]} ${it.program}`), [
    "DEL /cni/portmap",
    "DEL /cni/bridge",
  ]);
  assertEquals(runs.map((it) => it.input["prevResult"]), [RESULT, RESULT]);
});

Deno.test("detach() tells plugins of old versions no result", async () => {
  const { cni, runs } = network();
  await cni.detach(ATTACHMENT, LIST.replace("1.0.0", "0.3.1"), "{}", background);
  assert(runs.every((it) => !("prevResult" in it.input)));
});

Deno.test("detach() goes on after a plugin that fails, and reports it", async () => {
  const { cni, runs } = network((run) => ({
    code: run.program.endsWith("portmap") ? 1 : 0,
    stdout: '{"code":5,"msg":"iptables is busy"}',
  }));
  await assertRejects(
    () => cni.detach(ATTACHMENT, LIST, undefined, background),
    KernelError,
    "iptables is busy",
  );
  assertEquals(runs.length, 2);
});

Deno.test("detach() takes a namespace that is gone for success", async () => {
  const fail = () => ({ code: 1, stdout: '{"code":4,"msg":"netns: no such file or directory"}' });
  const { cni } = network(fail);
  await cni.detach({ ...ATTACHMENT, netnsPath: "" }, LIST, undefined, background);
  await assertRejects(() => cni.detach(ATTACHMENT, LIST, undefined, background), KernelError);
});

Deno.test("detach() passes over a plugin that is not installed, if nothing was attached", async () => {
  const { cni, runs } = network();
  const list = LIST.replaceAll("portmap", "nosuchplugin");
  await cni.detach(ATTACHMENT, list, undefined, background);
  assertEquals(runs.map((it) => it.program), ["/cni/bridge"]);
  await assertRejects(
    () => cni.detach(ATTACHMENT, list, JSON.stringify(RESULT), background),
    KernelError,
    "no such program",
  );
});
