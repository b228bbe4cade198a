/** A connection may drop at any moment: what did not come is asked for again. */

/** How long each further attempt waits. After the last one a person decides. */
const PAUSES_MS = [250, 1000];

/** Runs `work(attempt)` until it succeeds, three times at most. */
export async function persistently(work) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (cause) {
      if (attempt === PAUSES_MS.length) throw new LoadError(cause);
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSES_MS[attempt]));
  }
}

/** What `read` makes of the answer to a request. A cache that kept half of a file is not asked a second time. */
export function fetched(address, read) {
  return persistently(async (attempt) => {
    const answer = await fetch(address, attempt === 0 ? {} : { cache: "reload" });
    if (!answer.ok) throw new Error(`HTTP status ${answer.status}`);
    return read(answer);
  });
}

/** A part of the page could not be had. */
class LoadError extends Error {
  constructor(cause) {
    super(`a part of the page could not be loaded (${cause?.message ?? cause})`, { cause });
  }
}
