/** What an agent does with a task. The same for both agents: all that tells them apart is a gate. */

const IRREGULAR = {
  ...{ read: "read", send: "sent", write: "wrote", pay: "paid", make: "made", buy: "bought", sell: "sold", give: "gave" },
  ...{ get: "got", put: "put", run: "ran", find: "found", build: "built", tell: "told", do: "did", go: "went", set: "set" },
  ...{ take: "took", cut: "cut", ship: "shipped", drop: "dropped", stop: "stopped", plan: "planned", submit: "submitted" },
  ...{ transfer: "transferred", commit: "committed" },
};

/** The past of the verb that a sentence begins with. */
export function past(verb) {
  const lower = verb.toLowerCase();
  if (Object.hasOwn(IRREGULAR, lower)) return IRREGULAR[lower];
  if (lower.endsWith("e")) return `${lower}d`;
  return /[^aeiou]y$/.test(lower) ? `${lower.slice(0, -1)}ied` : `${lower}ed`;
}

/** The intent of a packet, done: "Publish the findings" → "published the findings". */
export function deed({ intent }) {
  const [verb, ...rest] = intent.trim().split(/\s+/);
  if (!/^[a-z]+$/i.test(verb)) return `did “${intent.trim()}”`;
  return [past(verb), ...rest].join(" ");
}
