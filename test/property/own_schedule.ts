import type { Choice } from "../../sim/chooser.ts";
import { Explorer } from "../../sim/experiment/explorer.ts";
import type { Footprint } from "../../sim/footprint.ts";

/** Chooses by itself where an explorer would explore, and is told of each footprint. Nothing strikes. */
export abstract class OwnSchedule extends Explorer {
  /** The index of the step that is taken. */
  protected abstract choose(runnable: readonly Choice[]): number;

  /** Told of what that step has touched. */
  protected abstract took(footprint: Footprint): void;

  override pick(runnable: readonly Choice[]): number {
    return this.isOn ? this.choose(runnable) : super.pick(runnable);
  }

  override injects(): boolean {
    return false;
  }

  override get wantsFootprint(): boolean {
    return this.isOn;
  }

  override touched(footprint: Footprint): void {
    if (this.isOn) this.took(footprint);
  }
}
