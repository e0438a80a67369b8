import { dirname } from "@std/path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { type Errno, hasErrno, KernelError } from "../src/kernel/errno.ts";
import type { Change, Durability, StateStore, StoredRecord } from "../src/kernel/store.ts";
import { asKernelError, attempt } from "./errno.ts";
import { SharedSync } from "./shared_sync.ts";

/** "slip" in ASCII: whose database the file is (PRAGMA application_id). */
const APPLICATION_ID = 0x736c6970;
const SCHEMA_VERSION = 1;
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS records (
    "table" TEXT NOT NULL,
    id TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY ("table", id)
  ) STRICT, WITHOUT ROWID
`;

/** What sqlite says, where Deno gives no number (sqlite3_errstr in main.c). */
const TEXTS: readonly (readonly [RegExp, Errno])[] = [
  [/database or disk is full/, "ENOSPC"],
  [/disk I\/O error/, "EIO"],
  [/readonly database/, "EROFS"],
  [/database (table )?is locked/, "EBUSY"],
  [/not a database|malformed/, "EINVAL"],
];

/**
 * The state in one file of sqlite, locked as long as it is open: two daemons on one state would undo each
 * other's work.
 *
 * A commit is appended to the write-ahead log, which is synced before the answer, so that what was
 * answered survives a loss of power. sqlite would do that by itself (synchronous=FULL), on the event
 * loop's thread, once a commit: here it is done beside it, once for all commits that wait
 * (https://sqlite.org/pragma.html#pragma_synchronous, NORMAL: the log before and the database after each
 * checkpoint).
 */
export class SqliteStore implements StateStore, Disposable {
  readonly #file: string;
  readonly #database: DatabaseSync;
  readonly #put: StatementSync;
  readonly #delete: StatementSync;
  readonly #load: StatementSync;
  readonly #log: Deno.FsFile;
  readonly #sync: SharedSync;
  /** A sync has failed: what is on the disk of the log, nobody knows. */
  #isLogDoubtful = false;

  /** @throws {KernelError} EINVAL for a file that is no state of ours; EBUSY while it is in use; ENOENT for the folder. */
  constructor(file: string, sync: (log: Deno.FsFile) => Promise<void> = (log) => log.syncData()) {
    this.#file = file;
    this.#sync = new SharedSync(() => sync(this.#log));
    createPrivate(file);
    this.#database = this.#try("open", () => new DatabaseSync(file, { timeout: 0 }));
    try {
      this.#try("open", () => this.#setUp());
      this.#put = this.#database.prepare(
        'INSERT OR REPLACE INTO records ("table", id, value) VALUES (?, ?, ?)',
      );
      this.#delete = this.#database.prepare('DELETE FROM records WHERE "table" = ? AND id = ?');
      this.#load = this.#database.prepare(
        'SELECT "table", id, value FROM records ORDER BY "table", id',
      );
      this.#log = attempt("open", file, () => openLog(file));
    } catch (error) {
      this.#database.close();
      throw error;
    }
  }

  // deno-lint-ignore require-await
  async load(): Promise<readonly StoredRecord[]> {
    const rows = this.#try("load", () => this.#load.all());
    return rows.map(({ table, id, value }) => {
      return { table: String(table), id: String(id), value: String(value) };
    });
  }

  async commit(changes: readonly Change[], survives: Durability = "machine"): Promise<void> {
    if (changes.length === 0) return;
    this.#replaceDoubtfulLog();
    this.#try("commit", () => {
      this.#database.exec("BEGIN IMMEDIATE");
      try {
        for (const change of changes) this.#apply(change);
        this.#database.exec("COMMIT");
      } catch (error) {
        this.#rollBack();
        throw error;
      }
    });
    if (survives === "machine") await this.#syncLog("commit");
  }

  async sync(): Promise<void> {
    this.#replaceDoubtfulLog();
    await this.#syncLog("sync");
  }

  async #syncLog(verb: string): Promise<void> {
    try {
      await this.#sync.done();
    } catch (error) {
      this.#isLogDoubtful = true;
      throw asKernelError(verb, this.#file, error);
    }
  }

  /** Closes the file; the log is merged into it. */
  [Symbol.dispose](): void {
    if (!this.#database.isOpen) return;
    this.#database.close();
    this.#log.close();
  }

  /**
   * After a failed sync the kernel takes the pages for clean, so that the next sync proves nothing, and
   * whoever reads the log stops at what was lost. So all of it goes into the database first, and a new log
   * is begun.
   */
  #replaceDoubtfulLog(): void {
    if (!this.#isLogDoubtful) return;
    this.#try("commit", () => {
      const result = this.#database.prepare("PRAGMA wal_checkpoint(RESTART)").get();
      if (result?.busy !== 0) throw new KernelError("commit", "EIO", this.#file);
    });
    this.#isLogDoubtful = false;
  }

  #apply(change: Change): void {
    if (change.kind === "delete") {
      this.#delete.run(change.table, change.id);
    } else {
      const { table, id, value } = change.record;
      this.#put.run(table, id, value);
    }
  }

  /** Some errors, a full disk among them, have ended the transaction already. */
  #rollBack(): void {
    try {
      this.#database.exec("ROLLBACK");
    } catch {
      // Nothing to roll back: the first error is the one to report.
    }
  }

  #setUp(): void {
    this.#database.exec("PRAGMA locking_mode = EXCLUSIVE");
    this.#refuseForeign();
    this.#database.exec("PRAGMA journal_mode = WAL");
    this.#database.exec("PRAGMA synchronous = NORMAL");
    // Together, so that a daemon that dies here leaves an empty file rather than half of a state.
    this.#database.exec(`
      BEGIN IMMEDIATE;
      PRAGMA application_id = ${APPLICATION_ID};
      PRAGMA user_version = ${SCHEMA_VERSION};
      ${SCHEMA};
      COMMIT;
    `);
  }

  #refuseForeign(): void {
    const applicationId = this.#pragma("application_id");
    const version = this.#pragma("user_version");
    const isEmpty = this.#pragma("schema_version") === 0;
    if (isEmpty) return;
    if (applicationId !== APPLICATION_ID) throw this.#refused("is another program's database");
    if (version !== SCHEMA_VERSION) throw this.#refused(`has version ${version} of the state`);
    const check = this.#database.prepare("PRAGMA quick_check(1)").get()?.quick_check;
    if (check !== "ok") throw this.#refused(`is damaged: ${check}`);
  }

  #pragma(name: string): number {
    return Number(this.#database.prepare(`PRAGMA ${name}`).get()?.[name]);
  }

  #refused(detail: string): KernelError {
    return new KernelError("open", "EINVAL", this.#file, { detail });
  }

  #try<T>(verb: string, call: () => T): T {
    try {
      return call();
    } catch (error) {
      if (error instanceof KernelError || !(error instanceof Error)) throw error;
      const errno = TEXTS.find(([text]) => text.test(error.message))?.[1] ?? "EIO";
      throw new KernelError(verb, errno, this.#file, { detail: error.message, cause: error });
    }
  }
}

/** sqlite gives its log the mode that the database has, but the database what the umask leaves. */
function createPrivate(file: string): void {
  try {
    Deno.openSync(file, { write: true, createNew: true, mode: 0o600 }).close();
  } catch (error) {
    const kernelError = asKernelError("open", file, error);
    if (!hasErrno(kernelError, "EEXIST")) throw kernelError;
  }
}

/** The log, which is there once something was committed; so that it stays, its folder is synced. */
function openLog(file: string): Deno.FsFile {
  using folder = Deno.openSync(dirname(file));
  folder.syncSync();
  return Deno.openSync(`${file}-wal`);
}
