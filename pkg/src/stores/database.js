/** A database of IndexedDB: opened at its first use, and again after the browser or another tab ended the connection. */
export class Database {
  #name;
  #version;
  #upgrade;
  /** The promise of the connection; null while there is none. */
  #connection = null;
  #closed = false;

  /** @param {(database: IDBDatabase) => void} upgrade makes the object stores of a new database */
  constructor(name, version, upgrade) {
    this.#name = name;
    this.#version = version;
    this.#upgrade = upgrade;
  }

  /**
   * Runs `work` in one transaction over `stores`, and resolves with what it returned once that is committed. `work` may await
   * requests of the transaction and nothing else. What it or any request throws undoes all of it.
   */
  async write(stores, work) {
    const database = await this.#open();
    return new Promise((resolve, reject) => {
      // Strict: what is answered has reached the disk, not only the system's cache.
      const transaction = database.transaction(stores, "readwrite", { durability: "strict" });
      let [finished, result, failure] = [false, undefined, undefined];
      transaction.oncomplete = () => (finished ? resolve(result) : reject(new Error("the transaction ended too early")));
      transaction.onabort = () => reject(failure ?? transaction.error ?? new Error("the transaction was undone"));
      work(...stores.map((name) => transaction.objectStore(name))).then(
        (value) => ([finished, result] = [true, value]),
        (thrown) => {
          failure = thrown;
          abort(transaction);
        },
      );
    });
  }

  /** Ends the connection once what runs on it has ended. Nothing can be done with this object afterwards. */
  async close() {
    this.#closed = true;
    const connection = this.#connection;
    this.#connection = null;
    (await connection?.catch(() => null))?.close();
  }

  #open() {
    if (this.#closed) return Promise.reject(new Error("it was closed"));
    if (this.#connection === null) {
      const connection = this.#connect(() => {
        if (this.#connection === connection) this.#connection = null;
      });
      this.#connection = connection;
    }
    return this.#connection;
  }

  async #connect(lost) {
    try {
      return await this.#request(lost);
    } catch (error) {
      lost();
      throw error;
    }
  }

  #request(lost) {
    return new Promise((resolve, reject) => {
      // Read when it is needed: Node has none, and a page without an origin may not even look.
      const factory = globalThis.indexedDB;
      if (factory === undefined) throw new Error("there is no IndexedDB here");
      const request = factory.open(this.#name, this.#version);
      let refused = false;
      request.onupgradeneeded = () => this.#upgrade(request.result);
      request.onerror = () => reject(request.error);
      request.onblocked = () => {
        refused = true;
        reject(new Error("another tab keeps an older version of it open"));
      };
      request.onsuccess = () => {
        const database = request.result;
        if (refused) return database.close();
        // Whoever wants to delete or upgrade it waits for nobody; the next use opens what is there then.
        database.onversionchange = () => {
          database.close();
          lost();
        };
        database.onclose = lost;
        resolve(database);
      };
    });
  }
}

/** What a request answers. */
export function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Whether `store.add` added: false where the key is there already. Any other failure undoes the transaction. */
export function added(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(true);
    request.onerror = (event) => {
      if (request.error.name !== "ConstraintError") return reject(request.error);
      event.preventDefault();
      event.stopPropagation();
      resolve(false);
    };
  });
}

function abort(transaction) {
  try {
    transaction.abort();
  } catch {
    // It has been undone already, or `onabort` is about to say so.
  }
}
