import { assertEquals, assertStringIncludes } from "@std/assert";

import { ContainerState, NamespaceMode } from "../../src/cri/gen/v1_pb.ts";
import { refusalOf, Scene, systemTest } from "./scene.ts";

systemTest("a container may share the PID namespace of another one that runs", async () => {
  await using scene = await Scene.open();
  const { client } = scene;
  const pod = await scene.runPod("pod");
  const target = await scene.startContainer(pod, "target", "exec sleep 12345");
  const debug = {
    linux: {
      securityContext: {
        namespaceOptions: {
          network: NamespaceMode.NODE,
          pid: NamespaceMode.TARGET,
          targetId: target,
        },
      },
    },
  };
  const containerId = await scene.startContainer(pod, "debug", "sleep 1000", debug);
  const { stdout } = await client.execSync({ containerId, cmd: ["ps"] });
  assertStringIncludes(new TextDecoder().decode(stdout), "sleep 12345");

  // The target's init takes its whole namespace along.
  await client.stopContainer({ containerId: target });
  await client.stopContainer({ containerId });
  const { status } = await client.containerStatus({ containerId });
  assertEquals([status?.state, status?.exitCode], [ContainerState.CONTAINER_EXITED, 137]);

  const [code, words] = await refusalOf(scene.createContainer(pod, "late", "true", debug));
  assertEquals(code, "FAILED_PRECONDITION");
  assertStringIncludes(words, "is not running - in state CONTAINER_EXITED");
  const stranger = await scene.runPod("stranger");
  const [foreign] = await refusalOf(scene.createContainer(stranger, "debug", "true", debug));
  assertEquals(foreign, "INVALID_ARGUMENT");
});
