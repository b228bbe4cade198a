const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * `[path, token]` of every leaf of a JSON text, in its order and as it is spelt: a parser of this language would show `1.0`
 * as `1` and big integers as others. The text is one that the core has read, so that it is known to be JSON.
 */
export function leavesOf(text) {
  const leaves = [];
  const open = [];
  let path = "";
  let previous = "";
  const step = () => {
    const parent = open.at(-1);
    if (parent?.list) path = `${parent.path}[${parent.index}]`;
  };
  const tokens = text.match(TOKEN) ?? [];
  for (const [at, token] of tokens.entries()) {
    const parent = open.at(-1);
    if (token === "{" || token === "[") {
      step();
      open.push({ path, list: token === "[", index: 0 });
    } else if (token === "}" || token === "]") {
      open.pop();
      if (previous === "{" || previous === "[") leaves.push([parent.path, previous + token]);
    } else if (token === ",") {
      parent.index += 1;
    } else if (tokens[at + 1] === ":" && !parent.list) {
      path = parent.path === "" ? JSON.parse(token) : `${parent.path}.${JSON.parse(token)}`;
    } else if (token !== ":") {
      step();
      leaves.push([path, token.startsWith('"') ? JSON.stringify(JSON.parse(token)) : token]);
    }
    previous = token;
  }
  return leaves;
}
