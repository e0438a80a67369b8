/** How a program's options read: which take a value, and what short forms stand for. */
export interface FlagTable {
  readonly values: readonly string[];
  readonly switches: readonly string[];
  readonly short?: Readonly<Record<string, string>>;
}

/** A command line, taken apart. */
export interface Flags {
  /** The last value of each option, without its dashes. */
  readonly values: ReadonlyMap<string, string>;
  /** Every value of options that may come more than once. */
  readonly all: ReadonlyMap<string, readonly string[]>;
  readonly switches: ReadonlySet<string>;
  readonly rest: readonly string[];
  /** The first option that the table does not know. */
  readonly unknown: string | undefined;
}

/** Takes options up to the first other word, or all with `isMixed`; "--" ends them. */
export function parseFlags(args: readonly string[], table: FlagTable, isMixed = false): Flags {
  const values = new Map<string, string>();
  const all = new Map<string, string[]>();
  const switches = new Set<string>();
  const rest: string[] = [];
  let unknown: string | undefined;
  let i = 0;
  for (; i < args.length; i++) {
    const arg = args[i] as string;
    if (arg === "--") {
      i++;
      break;
    }
    if (!arg.startsWith("-") || arg === "-") {
      if (!isMixed) break;
      rest.push(arg);
      continue;
    }
    const equals = arg.indexOf("=");
    const written = arg.slice(arg.startsWith("--") ? 2 : 1, equals < 0 ? undefined : equals);
    const name = table.short?.[written] ?? written;
    if (table.switches.includes(name)) switches.add(name);
    else if (table.values.includes(name)) {
      const value = equals < 0 ? args[++i] ?? "" : arg.slice(equals + 1);
      values.set(name, value);
      const list = all.get(name);
      if (list === undefined) all.set(name, [value]);
      else list.push(value);
    } else unknown ??= arg;
  }
  rest.push(...args.slice(i));
  return { values, all, switches, rest, unknown };
}
