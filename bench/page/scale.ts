/** Where values lie on an axis, from 0 to 100 per cent of its length. */
export interface Scale {
  /** In per cent, cut off at both ends. */
  at(value: number): number;
  /** Round values to write at the axis. */
  readonly ticks: readonly number[];
}

const TICKS = 5;
/** Steps that people count in, times a power of ten. */
const STEPS = [1, 2, 5, 10] as const;

/** From 0 to at least `value`, to 1 when that is 0. */
export function linearScale(value: number): Scale {
  const most = value > 0 ? value : 1;
  const rough = most / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (STEPS.find((it) => it * power >= rough) ?? 10);
  // A tenth three times is a little more than three tenths.
  const count = Math.ceil(most / step - 1e-9);
  const end = count * step;
  return {
    at: (value) => percent(value / end),
    ticks: Array.from({ length: count + 1 }, (_, index) => index * step),
  };
}

/** Ratios around 1, as far to one side for half as to the other for twice. */
export function ratioScale(values: readonly number[]): Scale {
  const logs = values.filter((it) => it > 0 && Number.isFinite(it)).map(Math.log2);
  const [low, high] = [Math.min(-1, ...logs) - 0.3, Math.max(1, ...logs) + 0.3];
  const steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50];
  return {
    at: (value) => percent((Math.log2(value) - low) / (high - low)),
    ticks: steps.filter((it) => Math.log2(it) >= low && Math.log2(it) <= high),
  };
}

/** As many digits as say something. */
export function numberText(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return size >= 0.1 ? value.toFixed(2) : value.toFixed(3);
}

/** A label at an axis: no more digits than it needs. */
export function tickText(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function percent(share: number): number {
  return Math.round(Math.min(1, Math.max(0, share)) * 1e5) / 1e3;
}
