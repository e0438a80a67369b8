/**
 * The memory that operations of the daemon share: what one of them writes and another one reads between
 * two awaits. It is marked where it is declared, as loom has it for threads, and each access is told
 * to whoever watches: the simulator, where it explores. In production nobody does.
 *
 * The lint rule `slipway/shared-memory` sees to it that the core keeps nothing mutable in other ways.
 *
 * @module
 */

/** What an access does; those that add come in either order. */
export type SharedAccess = "read" | "add" | "write";

/** Is told of shared memory, at once. */
export interface SharedMemoryWatcher {
  /** An object came to be that has some; may be told several times. */
  created(owner: object): void;
  /** One of its variables is accessed. */
  accessed(owner: object, variable: string, access: SharedAccess): void;
}

let watcher: SharedMemoryWatcher | undefined;

/** Has `next` told from now on, and nobody else; undefined: nobody. */
export function watchSharedMemory(next: SharedMemoryWatcher | undefined): void {
  watcher = next;
}

/** Tells that an object came to be that has shared memory: where {@linkcode shared} would be too slow. */
export function tellCreated(owner: object): void {
  watcher?.created(owner);
}

/** Tells of one access: where {@linkcode shared} would be too slow. */
export function tellAccess(owner: object, variable: string, access: SharedAccess): void {
  watcher?.accessed(owner, variable, access);
}

/** Marks a variable of a class, declared as an `accessor`, as memory that operations share. */
export function shared<Owner extends object, Value>(
  { get, set }: ClassAccessorDecoratorTarget<Owner, Value>,
  { name }: ClassAccessorDecoratorContext<Owner, Value>,
): ClassAccessorDecoratorResult<Owner, Value> {
  const variable = String(name);
  return {
    init(value) {
      watcher?.created(this);
      return value;
    },
    get() {
      watcher?.accessed(this, variable, "read");
      return get.call(this);
    },
    set(value) {
      watcher?.accessed(this, variable, "write");
      set.call(this, value);
    },
  };
}

/** The variable that is which members there are. */
const MEMBERS = "members";

/**
 * A map that operations share. What is under a key is a variable. Nobody can ask for all keys, so nobody
 * sees in which order they came.
 */
export class SharedMap<Key extends string, Value> {
  readonly #values = new Map<Key, Value>();

  /** An empty one. */
  constructor() {
    watcher?.created(this);
  }

  /** What is under a key. */
  get(key: Key): Value | undefined {
    watcher?.accessed(this, key, "read");
    return this.#values.get(key);
  }

  /** Whether anything is. */
  has(key: Key): boolean {
    watcher?.accessed(this, key, "read");
    return this.#values.has(key);
  }

  /** Puts something there. */
  set(key: Key, value: Value): this {
    watcher?.accessed(this, key, "write");
    if (watcher !== undefined && !this.#values.has(key)) watcher.accessed(this, MEMBERS, "add");
    this.#values.set(key, value);
    return this;
  }

  /** Takes it away; false: there is none. */
  delete(key: Key): boolean {
    watcher?.accessed(this, key, "write");
    const isDeleted = this.#values.delete(key);
    if (isDeleted) watcher?.accessed(this, MEMBERS, "add");
    return isDeleted;
  }

  /** How many keys there are. */
  get size(): number {
    watcher?.accessed(this, MEMBERS, "read");
    return this.#values.size;
  }
}

/** A map that operations share whose keys come in the order in which they were added: that is a variable too. */
export class SharedOrderedMap<Key extends string, Value> extends Map<Key, Value> {
  /** An empty one. */
  constructor() {
    super();
    watcher?.created(this);
  }

  override get(key: Key): Value | undefined {
    watcher?.accessed(this, key, "read");
    return super.get(key);
  }

  override has(key: Key): boolean {
    watcher?.accessed(this, key, "read");
    return super.has(key);
  }

  override set(key: Key, value: Value): this {
    if (watcher !== undefined) this.#writes(key, !super.has(key));
    return super.set(key, value);
  }

  override delete(key: Key): boolean {
    if (watcher !== undefined) this.#writes(key, super.has(key));
    return super.delete(key);
  }

  override clear(): void {
    for (const key of super.keys()) this.delete(key);
  }

  override get size(): number {
    watcher?.accessed(this, MEMBERS, "read");
    return super.size;
  }

  override keys(): MapIterator<Key> {
    watcher?.accessed(this, MEMBERS, "read");
    return super.keys();
  }

  override values(): MapIterator<Value> {
    if (watcher !== undefined) this.#readsAll();
    return super.values();
  }

  override entries(): MapIterator<[Key, Value]> {
    if (watcher !== undefined) this.#readsAll();
    return super.entries();
  }

  override [Symbol.iterator](): MapIterator<[Key, Value]> {
    return this.entries();
  }

  override forEach(callback: (value: Value, key: Key, map: Map<Key, Value>) => void): void {
    for (const [key, value] of this) callback(value, key, this);
  }

  #writes(key: Key, changesMembers: boolean): void {
    watcher?.accessed(this, key, "write");
    if (changesMembers) watcher?.accessed(this, MEMBERS, "write");
  }

  #readsAll(): void {
    watcher?.accessed(this, MEMBERS, "read");
    for (const key of super.keys()) watcher?.accessed(this, key, "read");
  }
}

/** A set that operations share: one variable. */
export class SharedSet<Member> extends Set<Member> {
  /** An empty one. */
  constructor() {
    super();
    watcher?.created(this);
  }

  override has(member: Member): boolean {
    watcher?.accessed(this, MEMBERS, "read");
    return super.has(member);
  }

  override add(member: Member): this {
    watcher?.accessed(this, MEMBERS, "write");
    return super.add(member);
  }

  override delete(member: Member): boolean {
    watcher?.accessed(this, MEMBERS, "write");
    return super.delete(member);
  }

  override clear(): void {
    watcher?.accessed(this, MEMBERS, "write");
    super.clear();
  }

  override get size(): number {
    watcher?.accessed(this, MEMBERS, "read");
    return super.size;
  }

  override keys(): SetIterator<Member> {
    return this.values();
  }

  override values(): SetIterator<Member> {
    watcher?.accessed(this, MEMBERS, "read");
    return super.values();
  }

  override entries(): SetIterator<[Member, Member]> {
    watcher?.accessed(this, MEMBERS, "read");
    return super.entries();
  }

  override [Symbol.iterator](): SetIterator<Member> {
    return this.values();
  }

  override forEach(callback: (value: Member, key: Member, set: Set<Member>) => void): void {
    for (const member of this) callback(member, member, this);
  }
}

/** A queue that operations share: one variable. */
export class SharedQueue<Item> {
  readonly #items: Item[] = [];

  /** An empty one. */
  constructor() {
    watcher?.created(this);
  }

  /** How many wait in it. */
  get length(): number {
    watcher?.accessed(this, MEMBERS, "read");
    return this.#items.length;
  }

  /** Comes last. */
  push(item: Item): void {
    watcher?.accessed(this, MEMBERS, "write");
    this.#items.push(item);
  }

  /** Takes the first one; undefined when it is empty. */
  shift(): Item | undefined {
    watcher?.accessed(this, MEMBERS, "write");
    return this.#items.shift();
  }

  /** Takes an item from wherever it is; false when it is not there. */
  remove(item: Item): boolean {
    watcher?.accessed(this, MEMBERS, "write");
    const index = this.#items.indexOf(item);
    if (index >= 0) this.#items.splice(index, 1);
    return index >= 0;
  }
}
