import { cut } from "./output.js";

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/** Longest name and longest path that are shown, in characters. A path is cut as it grows: many may stand below a long one. */
const MAX_NAME = 80;
const MAX_PATH = 200;

/**
 * `{ leaves, total }`: `[path, token]` of the first `most` leaves of a JSON text, in its order and as it is spelt (a parser of this
 * language would show `1.0` as `1` and big integers as others), and how many there are. The text is one that the core has
 * read, so that it is known to be JSON.
 */
export function leavesOf(text, most) {
  const leaves = [];
  let total = 0;
  const open = [];
  let path = "";
  let previous = "";
  const leaf = (at, token) => {
    total += 1;
    if (leaves.length < most) leaves.push([at, token]);
  };
  const step = () => {
    const parent = open.at(-1);
    if (parent?.list) path = joined(parent.path, `[${parent.index}]`);
  };
  const tokens = text.match(TOKEN) ?? [];
  for (const [at, token] of tokens.entries()) {
    const parent = open.at(-1);
    if (token === "{" || token === "[") {
      step();
      open.push({ path, list: token === "[", index: 0 });
    } else if (token === "}" || token === "]") {
      open.pop();
      if (previous === "{" || previous === "[") leaf(parent.path, previous + token);
    } else if (token === ",") {
      parent.index += 1;
    } else if (tokens[at + 1] === ":" && !parent.list) {
      const name = cut(JSON.parse(token), MAX_NAME);
      path = joined(parent.path, parent.path === "" ? name : `.${name}`);
    } else if (token !== ":") {
      step();
      leaf(path, token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : token);
    }
    previous = token;
  }
  return { leaves, total };
}

function joined(path, more) {
  return path.length < MAX_PATH ? cut(path + more, MAX_PATH) : path;
}
