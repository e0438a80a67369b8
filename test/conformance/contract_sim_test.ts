import { describeContract } from "./contract.ts";
import { runOnSim } from "./sim_fixture.ts";

describeContract("sim", runOnSim);
