import { assertEquals } from "@std/assert";

import { SecurityProfile_ProfileType } from "../../src/cri/gen/v1_pb.ts";
import { HOST_NETWORK, Scene, systemTest } from "./scene.ts";

systemTest("under RuntimeDefault a container makes no user namespace", async () => {
  await using scene = await Scene.open();
  const { client } = scene;
  const pod = await scene.runPod("pod");
  const { RuntimeDefault, Unconfined } = SecurityProfile_ProfileType;
  const exitCodes = [];
  for (const profileType of [RuntimeDefault, Unconfined]) {
    const containerId = await scene.startContainer(pod, `c${profileType}`, "sleep 1000", {
      linux: { securityContext: { namespaceOptions: HOST_NETWORK, seccomp: { profileType } } },
    });
    const { exitCode } = await client.execSync({ containerId, cmd: ["unshare", "-U", "true"] });
    exitCodes.push(exitCode);
  }
  assertEquals(exitCodes, [1, 0]);
});
