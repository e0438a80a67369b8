import { assertEquals, assertThrows } from "@std/assert";
import { Refusals } from "../../../../sim/lifecycle/oracle/refusals.ts";
import { InvariantViolation } from "../../../../sim/lifecycle/oracle/violation.ts";
import { RuntimeError } from "../../../../src/errors.ts";
import { KernelError } from "../../../../src/kernel/errno.ts";
import { tell } from "./scene.ts";

Deno.test("Refusals refuses what has no reason, and takes a client's own fault for one", () =>
  tell(async (scene) => {
    const { id } = await scene.running("true");
    const call = scene.called("StartContainer", id);
    const checker = new Refusals();
    checker.refused(call, new RuntimeError("FAILED_PRECONDITION", "container is EXITED"));
    checker.refused(call, new RuntimeError("UNKNOWN", "exec: executable file not found in $PATH"));
    for (
      const error of [
        new RuntimeError("UNKNOWN", "create task: container exists"),
        new RuntimeError("FAILED_PRECONDITION", "container process is already dead"),
        new KernelError("spawn", "EMFILE", "conmon"),
        new RuntimeError("DEADLINE_EXCEEDED", "create task: not done in 60000 ms"),
      ]
    ) {
      const { invariant } = assertThrows(() => checker.refused(call, error), InvariantViolation);
      assertEquals(invariant, "I11");
    }
    const late = new RuntimeError("DEADLINE_EXCEEDED", "deadline of the client: not done in 50 ms");
    call.context.cancel(late);
    checker.refused(call, late);
    checker.refused(scene.called("ExecSync", id), new KernelError("spawn", "EMFILE", "runc"));
    const cutOff = scene.called("StopContainer", id);
    cutOff.context.cancel(new RuntimeError("CANCELLED", "cancelled by the client"));
    checker.refused(cutOff, new RuntimeError("UNAVAILABLE", "the daemon is shutting down"));
    const untold = `conmon did not tell how a command in container "${id}" ended`;
    checker.refused(cutOff, new RuntimeError("UNKNOWN", untold));
    const failed = new RuntimeError("UNKNOWN", "something is wrong");
    assertThrows(() => checker.refused(cutOff, failed), InvariantViolation, "was cut off");
  }));
