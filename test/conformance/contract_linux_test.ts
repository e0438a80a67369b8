import { describeContract } from "./contract.ts";
import { runOnLinux, whyNotHere } from "./linux_fixture.ts";

const reason = whyNotHere();

if (reason === undefined) describeContract("linux", runOnLinux);
else Deno.test.ignore(`linux: the contract of the kernel (${reason})`, () => {});
