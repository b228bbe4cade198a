/** What the lazily loaded files take from the page, or from the worker, that loads them, because it must be there once. */
import * as core from "trusthandoff/slim";

export const shared = { core };
globalThis.trusthandoffPage = shared;
