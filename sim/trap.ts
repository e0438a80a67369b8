/** Code under simulation reached for time, chance or IO past the ports: its runs are no function of a seed. */
export class AmbientUse extends Error {
  /** Tells it from other errors in a log. */
  override readonly name = "AmbientUse";

  /** `what` is the global, or the member of one, as it is written. */
  constructor(readonly what: string) {
    super(`Cannot use ${what} in a simulation: time, chance and IO come through a port`);
  }
}

/** Hears of what its code reaches for. */
export interface Trapper {
  caught(use: AmbientUse): void;
}

/** Whose code runs at present, if it is trapped. */
let trapper: Trapper | undefined;
let isSet = false;

/** Calls. The clear… functions are harmless without them. */
const FUNCTIONS = ["fetch", "queueMicrotask", "setImmediate", "setInterval", "setTimeout"];
/** Calls that are members of harmless objects. */
const MEMBERS: readonly (readonly [object: string, name: string])[] = [
  ["AbortSignal", "timeout"],
  ["Math", "random"],
];
/** Objects of which nothing can be used, but for what reads nothing of the world. */
const OBJECTS = ["Deno", "crypto", "performance"];
/** Assertions show what differs by it. */
const HARMLESS: ReadonlySet<string> = new Set(["Deno.inspect", "Deno.noColor"]);

/**
 * From now on until {@linkcode openTrap} the globals that bring time, chance and IO throw, and `owner`
 * is told as well: code may swallow what is thrown. For code of steps only: the first call puts guards
 * before these globals for the life of the process, which let everybody else through.
 */
export function closeTrap(owner: Trapper): void {
  if (!isSet) set();
  trapper = owner;
}

/** What was caught from is free to use again. */
export function openTrap(): void {
  trapper = undefined;
}

function check(what: string): void {
  if (trapper === undefined || HARMLESS.has(what)) return;
  const use = new AmbientUse(what);
  trapper.caught(use);
  throw use;
}

function set(): void {
  isSet = true;
  const globals = globalThis as unknown as Record<string, unknown>;
  for (const name of FUNCTIONS) replace(globals, name, guardedFunction(name, globals[name]));
  for (const name of OBJECTS) replace(globals, name, guardedObject(name, globals[name] as object));
  for (const [object, name] of MEMBERS) {
    const holder = globals[object] as Record<string, unknown>;
    replace(holder, name, guardedFunction(`${object}.${name}`, holder[name]));
  }
  replace(globals, "Date", guardedDate());
}

/** As assignment does, but also where there is a getter only. */
function replace(holder: object, name: string, value: unknown): void {
  const { enumerable = false } = Object.getOwnPropertyDescriptor(holder, name) ?? {};
  Object.defineProperty(holder, name, { value, enumerable, writable: true, configurable: true });
}

function guardedFunction(name: string, original: unknown): unknown {
  if (typeof original !== "function") return original;
  return new Proxy(original, {
    apply(target, self, args) {
      check(name);
      return Reflect.apply(target, self, args);
    },
  });
}

function guardedObject(name: string, original: object): object {
  return new Proxy(original, {
    get(target, key) {
      check(`${name}.${String(key)}`);
      const value: unknown = Reflect.get(target, key, target);
      // Their methods take no other object for `this`.
      const isMethod = typeof value === "function" && name !== "Deno";
      return isMethod ? value.bind(target) : value;
    },
  });
}

/** A date that somebody names is no ambient time: only what reads the clock is refused. */
function guardedDate(): DateConstructor {
  return new Proxy(Date, {
    construct(target, args, newTarget) {
      if (args.length === 0) check("new Date");
      return Reflect.construct(target, args, newTarget) as object;
    },
    apply(target) {
      check("Date");
      return target();
    },
    get(target, key) {
      if (key === "now") check("Date.now");
      return Reflect.get(target, key, target);
    },
  });
}
