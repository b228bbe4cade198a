/** What this browser keeps for a panel: records by their `id`, in IndexedDB. */

/** One collection for each of `names`, all in the database `database`: `{ all, get, put, remove, empty }`. */
export function collections(database, names) {
  let opening = null;

  function open() {
    opening ??= opened(database, names, () => (opening = null)).catch((error) => {
      opening = null;
      throw new Error(`This browser keeps nothing for this page (${error?.name ?? error}).`, { cause: error });
    });
    return opening;
  }

  async function run(name, mode, work) {
    const connection = await open();
    return new Promise((resolve, reject) => {
      const transaction = connection.transaction(name, mode, { durability: "strict" });
      const request = work(transaction.objectStore(name));
      transaction.oncomplete = () => resolve(request.result);
      transaction.onabort = () => reject(new Error(`This browser could not keep it (${transaction.error?.name ?? "unknown"}).`));
    });
  }

  const collection = (name) => ({
    all: () => run(name, "readonly", (store) => store.getAll()),
    get: (id) => run(name, "readonly", (store) => store.get(id)),
    put: (record) => run(name, "readwrite", (store) => store.put(record)),
    remove: (id) => run(name, "readwrite", (store) => store.delete(id)),
    empty: () => run(name, "readwrite", (store) => store.clear()),
  });
  return Object.fromEntries(names.map((name) => [name, collection(name)]));
}

function opened(database, names, lost) {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(database, 1);
    request.onupgradeneeded = () => names.forEach((name) => request.result.createObjectStore(name, { keyPath: "id" }));
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const connection = request.result;
      // Whoever deletes the site's data waits for nobody.
      connection.onversionchange = () => {
        connection.close();
        lost();
      };
      connection.onclose = lost;
      resolve(connection);
    };
  });
}
