/** The panel of Sentinel: one log at a time is read by a worker, and what is known of it is shown as it becomes known. */
import { download } from "../../ui/download.js";
import { find, h } from "../../ui/dom.js";
import { counted, visible } from "../../ui/text.js";
import { Audit } from "./audit.js";
import { Filters } from "./filters.js";
import { Findings } from "./findings.js";
import { Graph } from "./graph.js";
import { sentence, showHeadline } from "./headline.js";
import { integrityOf, showIntegrity } from "./integrity.js";
import { Progress } from "./progress.js";
import { wireSource } from "./source.js";
import { Timeline } from "./timeline.js";
import { Trust } from "./trust.js";

const EXAMPLES = { example: false, edited: true };

export async function start(section, page) {
  const part = (name) => find(section, `[data-part=${name}]`);
  const [result, headline, integrity, trouble] = ["result", "headline", "integrity", "trouble"].map(part);
  const progress = new Progress(part("progress"));
  const trust = new Trust(part("trust-fields"), () => read(log, logName));
  const timeline = new Timeline(part("timeline"), (from, until) => filters.set({ from, until }));
  const graph = new Graph(part("graph"), (agent) => filters.set({ agent }));
  const filters = new Filters(part("filters"), filtered);
  let audit = null;
  let findings;
  let breaks = [];
  let log;
  let logName;

  const readLines = (from, to) => audit.lines(from, to);
  const save = (label, work) => h("button", { type: "button", text: label, on: { click: () => work().catch(complain) } });
  const exports = [
    save("HTML report", async () => download("sentinel-report.html", await audit.html(), "text/html;charset=utf-8")),
    save("Findings as JSONL", async () => download("findings.jsonl", await audit.jsonl(), "application/jsonl;charset=utf-8")),
  ];
  part("export").append(...exports);

  async function read(blob, name) {
    begin(name);
    [log, logName] = [blob, name];
    const mine = audit;
    try {
      const kind = await packed(blob);
      if (mine !== audit) return;
      if (blob.size === 0) throw new Error("There is nothing in this file.");
      if (kind) throw new Error(`${name} is a ${kind} archive. Unpack it first.`);
      const done = await mine.read(blob, trust.options, (told) => mine === audit && tell(told));
      if (mine === audit) end(done);
    } catch (error) {
      if (mine === audit) fail(error);
    }
  }

  async function example(edited) {
    begin("an example, which is being made");
    const mine = audit;
    try {
      const made = await mine.example(edited);
      if (mine !== audit) return;
      trust.lend(made.keeper);
      await read(new Blob([made.text]), edited ? "example-edited.jsonl" : "example.jsonl");
    } catch (error) {
      if (mine === audit) fail(error);
    }
  }

  /** Nothing of another log stays. */
  function begin(name) {
    audit?.close();
    audit = new Audit();
    const mine = audit;
    breaks = [];
    for (const place of [trouble, result]) place.hidden = true;
    part("findings").replaceChildren();
    findings = new Findings(part("findings"), (finding) => filters.admits(finding), {
      readLines,
      showAgent: (agent) => filters.set({ agent }),
    });
    graph.show(null);
    filters.reset();
    progress.begin(name, () => mine.stop().catch(complain));
    section.dataset.state = "reading";
    page.say(`Reading ${visible(name)}`);
  }

  function tell(told) {
    progress.show(told);
    result.hidden = false;
    breaks.push(...told.findings.filter(({ type }) => type === "log_break"));
    filters.offer(told);
    findings.add(told.findings, told.groups);
    tally();
    timeline.show(told.timeline).catch(complain);
  }

  function end({ summary, stopped, bytes }) {
    const about = { isTrusting: trust.isTrusting, stopped };
    progress.end();
    showHeadline(headline, summary, { name: logName, size: log.size, bytes, stopped, integrity: integrityOf(summary, breaks, about) });
    showIntegrity(integrity, { summary, breaks, about, readLines });
    graph.show(summary);
    filters.suggest(graph.names);
    trust.again.hidden = false;
    result.hidden = false;
    section.dataset.state = "done";
    tally();
    page.say(`${sentence(summary)}. Integrity: ${integrityOf(summary, breaks, about).word}.`);
  }

  function fail(error) {
    audit.close();
    progress.end();
    result.hidden = true;
    section.dataset.state = "failed";
    trust.again.hidden = log === undefined;
    complain(error);
  }

  function complain({ message, code = null, field = null }) {
    trouble.textContent = visible([code, message, field && `(${field})`].filter(Boolean).join(" "));
    trouble.hidden = false;
  }

  function filtered({ agent, from, until }) {
    timeline.choose(from, until);
    graph.choose(agent);
    findings?.filter();
    tally();
  }

  function tally() {
    if (!findings) return;
    const { told, shown, all } = findings.counts;
    const kept = all > told ? `; of each group the first 1,000 are kept, of ${counted(all, "finding")} in all` : "";
    filters.shown.textContent =
      told === 0
        ? `Nothing was found${section.dataset.state === "reading" ? " so far" : ""}.`
        : `${shown.toLocaleString("en")} of ${counted(told, "finding")} shown${kept}`;
  }

  wireSource(section, {
    onLog(blob, name) {
      trust.takeBack();
      return read(blob, name);
    },
    onExample: example,
  });
  return {
    shown(argument) {
      if (Object.hasOwn(EXAMPLES, argument ?? "") && audit === null) example(EXAMPLES[argument]);
    },
  };
}

/** The name of the archive that a file is, if it is one. */
async function packed(blob) {
  const [first, second] = new Uint8Array(await blob.slice(0, 2).arrayBuffer());
  if (first === 0x1f && second === 0x8b) return "gzip";
  return first === 0x50 && second === 0x4b ? "zip" : null;
}
