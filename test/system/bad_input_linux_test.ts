import { Client, credentials, type ServiceError, status as grpcStatus } from "@grpc/grpc-js";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { Buffer } from "node:buffer";

import {
  ContainerState,
  NamespaceMode,
  SecurityProfile_ProfileType,
} from "../../src/cri/gen/v1_pb.ts";
import { connect } from "./client.ts";
import { HOST_NETWORK, IMAGE, refusalOf, Scene, systemTest } from "./scene.ts";

systemTest(
  "bad requests are refused with the code that says why, and the daemon lives",
  async () => {
    await using scene = await Scene.open();
    const { client } = scene;
    const none = "f".repeat(64);
    const pod = await scene.runPod("good");
    const other = await scene.runPod("other");
    const containerId = await scene.createContainer(pod, "main", "sleep 1000");
    const config = {
      metadata: { name: "bad" },
      image: { image: IMAGE },
      linux: { securityContext: { namespaceOptions: HOST_NETWORK } },
    };
    const refusals:
      readonly (readonly [call: () => Promise<unknown>, code: string, words: string])[] = [
        [() => client.runPodSandbox(), "INVALID_ARGUMENT", "sandbox config must include metadata"],
        [
          () => client.createContainer({ podSandboxId: pod, config: { image: { image: IMAGE } } }),
          "INVALID_ARGUMENT",
          "container config must include metadata",
        ],
        [() => scene.runPod("good"), "ALREADY_EXISTS", `is reserved for "${pod}"`],
        [
          () => scene.createContainer(pod, "main", ""),
          "ALREADY_EXISTS",
          `is reserved for "${containerId}"`,
        ],
        [
          () => client.runPodSandbox({ config: scene.pod("h"), runtimeHandler: "none" }),
          "INVALID_ARGUMENT",
          'no runtime for "none" is configured',
        ],
        [() => client.podSandboxStatus({ podSandboxId: none }), "NOT_FOUND", none],
        [() => client.containerStatus({ containerId: none }), "NOT_FOUND", none],
        [() => client.startContainer({ containerId: none }), "NOT_FOUND", none],
        [() => client.createContainer({ podSandboxId: none, config }), "NOT_FOUND", none],
        [() => client.execSync({ containerId: none, cmd: ["true"] }), "NOT_FOUND", none],
        [() => client.containerStatus(), "INVALID_ARGUMENT", "must not be empty"],
        [
          () =>
            client.createContainer({
              podSandboxId: pod,
              config: { ...config, image: { image: "localhost/none:1" } },
            }),
          "NOT_FOUND",
          "localhost/none:1",
        ],
        [
          () => client.execSync({ containerId, cmd: ["true"] }),
          "FAILED_PRECONDITION",
          "CONTAINER_CREATED",
        ],
        [
          () =>
            client.createContainer({
              podSandboxId: pod,
              config: { ...config, logPath: "../../etc/x" },
            }),
          "INVALID_ARGUMENT",
          // Logs go below the sandbox's folder, or nowhere.
          "log",
        ],
        [
          () =>
            client.createContainer({
              podSandboxId: pod,
              config: { ...config, mounts: [{ containerPath: "/x", hostPath: "" }] },
            }),
          "INVALID_ARGUMENT",
          "host_path",
        ],
        [
          () =>
            client.createContainer({
              podSandboxId: pod,
              config: {
                ...config,
                devices: [{ containerPath: "/dev/x", hostPath: "/dev/none", permissions: "rw" }],
              },
            }),
          "FAILED_PRECONDITION",
          'the host has no device "/dev/none"',
        ],
        [
          () =>
            client.createContainer({
              podSandboxId: pod,
              config: {
                ...config,
                linux: {
                  securityContext: {
                    namespaceOptions: HOST_NETWORK,
                    seccomp: {
                      profileType: SecurityProfile_ProfileType.Localhost,
                      localhostRef: "/none.json",
                    },
                  },
                },
              },
            }),
          "FAILED_PRECONDITION",
          'seccomp profile "/none.json": the host has no such file',
        ],
        [
          () =>
            client.createContainer({
              podSandboxId: pod,
              config: { ...config, envs: [{ key: "A", value: Uint8Array.of(0xff) }] },
            }),
          "INVALID_ARGUMENT",
          "UTF-8",
        ],
        [
          () =>
            client.createContainer({
              podSandboxId: other,
              config: {
                ...config,
                linux: {
                  securityContext: {
                    namespaceOptions: { pid: NamespaceMode.TARGET, targetId: containerId },
                  },
                },
              },
            }),
          "INVALID_ARGUMENT",
          "does not belong",
        ],
        [
          () => client.pullImage({ image: { image: "Not A Name" } }),
          "INVALID_ARGUMENT",
          "Not A Name",
        ],
        [
          () => client.pullImage({ image: { image: "127.0.0.1:1/none:1" } }),
          "UNAVAILABLE",
          "127.0.0.1:1",
        ],
        [() => client.exec({ containerId, stdout: true }), "INVALID_ARGUMENT", "cmd"],
        [() => client.exec({ containerId, cmd: ["true"] }), "INVALID_ARGUMENT", "one of stdin"],
        [
          () => client.exec({ containerId, cmd: ["true"], tty: true, stdout: true, stderr: true }),
          "INVALID_ARGUMENT",
          "tty and stderr cannot both be true",
        ],
        // It is created and not started.
        [
          () => client.exec({ containerId, cmd: ["true"], stdout: true }),
          "FAILED_PRECONDITION",
          "CONTAINER_CREATED",
        ],
        [
          () => client.attach({ containerId, stdout: true }),
          "FAILED_PRECONDITION",
          "CONTAINER_CREATED",
        ],
        [() => client.portForward({ podSandboxId: "none", port: [80] }), "NOT_FOUND", "none"],
        [
          () => client.portForward({ podSandboxId: pod, port: [70_000] }),
          "INVALID_ARGUMENT",
          "70000",
        ],
        [() => client.listMetricDescriptors({}), "UNIMPLEMENTED", "ListMetricDescriptors"],
      ];
    for (const [call, code, words] of refusals) {
      const [found, details] = await refusalOf(call());
      assertEquals([found, details.includes(words)], [code, true], details);
    }
    await client.startContainer({ containerId });
    const [code] = await refusalOf(client.startContainer({ containerId }));
    assertEquals(code, "FAILED_PRECONDITION");
    await client.stopPodSandbox({ podSandboxId: pod });
    const [late] = await refusalOf(scene.createContainer(pod, "late", "true"));
    assertEquals(late, "FAILED_PRECONDITION");
    assertEquals((await client.version()).runtimeName, "slipway");
  },
);

systemTest("ids may be shortened as long as they are unique", async () => {
  await using scene = await Scene.open();
  const { client } = scene;
  const pods: string[] = [];
  for (let index = 0; index < 17; index++) pods.push(await scene.runPod(`pod${index}`));
  const [first] = pods;
  assert(first !== undefined);
  const { status } = await client.podSandboxStatus({ podSandboxId: first.slice(0, 20) });
  assertEquals(status?.id, first);
  // Of 17 ids two begin with the same of 16 digits.
  const shared = pods.map((it) => it.charAt(0)).find((it, index, all) => all.indexOf(it) !== index);
  const [code, words] = await refusalOf(client.podSandboxStatus({ podSandboxId: shared ?? "" }));
  assertEquals(code, "INVALID_ARGUMENT");
  assertStringIncludes(words, "ambiguous");
});

systemTest("bytes that are no message are refused, and the daemon lives", async () => {
  await using scene = await Scene.open();
  const wire = new Client(`unix:${scene.place.socket}`, credentials.createInsecure());
  const bodies = [Buffer.from([0xff]), Buffer.from([0x0a, 0x7f, 1]), Buffer.alloc(70_000, 0x0b)];
  for (const method of ["RunPodSandbox", "CreateContainer", "StartContainer", "ListContainers"]) {
    for (const body of bodies) {
      const { promise, resolve } = Promise.withResolvers<ServiceError | null>();
      const same = (bytes: Buffer) => bytes;
      wire.makeUnaryRequest(`/runtime.v1.RuntimeService/${method}`, same, same, body, resolve);
      const error = await promise;
      assert(error !== null, `${method} took ${body.length} bytes`);
      assertEquals(grpcStatus[error.code], "INTERNAL");
    }
  }
  wire.close();
  assertEquals((await scene.client.listPodSandbox()).items, []);
});

systemTest("clients that come and go by the hundred leave the daemon alive", async () => {
  await using scene = await Scene.open();
  for (let index = 0; index < 400; index++) {
    using client = connect(scene.place.socket);
    await client.version();
    const [code] = await refusalOf(client.containerStatus({ containerId: "a".repeat(70_000) }));
    assertEquals(code, "NOT_FOUND");
  }
  assertEquals((await scene.client.listPodSandbox()).items, []);
});

systemTest("a program that is missing makes the start fail, and nothing is left", async () => {
  await using scene = await Scene.open({ flags: ["--runtime", "gone=/nowhere/runc"] });
  const { podSandboxId } = await scene.client.runPodSandbox({
    config: scene.pod("gone"),
    runtimeHandler: "gone",
  });
  const containerId = await scene.createContainer(podSandboxId, "main", "true");
  await refusalOf(scene.client.startContainer({ containerId }));
  const { status } = await scene.client.containerStatus({ containerId });
  assertEquals(
    [status?.state, status?.exitCode, status?.reason],
    [ContainerState.CONTAINER_EXITED, 128, "StartError"],
  );
});

systemTest(
  "a bundle that was tampered with makes the start fail, and nothing is left",
  async () => {
    await using scene = await Scene.open();
    const pod = await scene.runPod("tampered");
    const containerId = await scene.createContainer(pod, "main", "true");
    await Deno.writeTextFile(`${scene.place.state}/tasks/${containerId}/config.json`, "{]");
    await refusalOf(scene.client.startContainer({ containerId }));
    const { status } = await scene.client.containerStatus({ containerId });
    assertEquals([status?.state, status?.reason], [ContainerState.CONTAINER_EXITED, "StartError"]);
  },
);

systemTest("a command that is not in the image makes the start fail with its name", async () => {
  await using scene = await Scene.open();
  const pod = await scene.runPod("command");
  const containerId = await scene.createContainer(pod, "main", "", { command: ["/no/such"] });
  const [, words] = await refusalOf(scene.client.startContainer({ containerId }));
  assertStringIncludes(words, "/no/such");
  const { status } = await scene.client.containerStatus({ containerId });
  assertEquals([status?.exitCode, status?.reason], [128, "StartError"]);
  assertStringIncludes(status?.message ?? "", "/no/such");
});

systemTest("execSync() kills a command whose time is up", async () => {
  await using scene = await Scene.open();
  const pod = await scene.runPod("late");
  const containerId = await scene.startContainer(pod, "main", "sleep 1000");
  const call = scene.client.execSync({ containerId, cmd: ["sleep", "999"], timeout: 1n });
  const [code] = await refusalOf(call);
  assertEquals(code, "DEADLINE_EXCEEDED");
  const { stdout } = await scene.client.execSync({ containerId, cmd: ["ps"] });
  assertEquals(new TextDecoder().decode(stdout).includes("sleep 999"), false);
});
