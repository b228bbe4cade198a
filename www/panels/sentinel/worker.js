/** Reads one log beside the page, so that the page never waits for it. What it finds it tells in batches. */
import { init } from "trusthandoff/slim";
import "../../shared.js";
import { fetched } from "../../ui/again.js";
import { load } from "../../ui/load.js";
import { exampleLog } from "./example_log.js";
import { LineIndex } from "./line_index.js";
import { pieces } from "./pieces.js";

/** Of each type and severity so many findings are told, as many as Sentinel keeps of a type; all are counted. */
const TOLD_OF_A_GROUP = 1000;

let file;
let sentinel;
let isStopped = false;
const index = new LineIndex();

/** What the page asks for. What is returned, is the answer. */
const DEEDS = {
  read: ({ log, trust }) => read(log, trust),
  stop: () => void (isStopped = true),
  lines: ({ from, to }) => index.read(file, from, to),
  html: () => sentinel.reportHtml(),
  jsonl: () => sentinel.findings.map(({ text }) => `${text}\n`).join(""),
  async example({ edited }) {
    const [{ LogWriter }] = await Promise.all([load("sentinel"), fetched("core.wasm", init)]);
    return exampleLog(LogWriter, { edited });
  },
};

self.addEventListener("message", async ({ data: { id, deed, ...about } }) => {
  try {
    self.postMessage({ tell: "answer", id, value: await DEEDS[deed](about) });
  } catch (error) {
    self.postMessage({ tell: "answer", id, error: said(error) });
  }
});

async function read(log, trust) {
  const { Sentinel } = await load("sentinel");
  const groups = new Map();
  const severities = { critical: 0, high: 0, medium: 0, low: 0, info: 0 };
  let batch = [];
  const onFinding = (finding) => {
    const group = `${finding.type} ${finding.severity}`;
    const count = (groups.get(group) ?? 0) + 1;
    groups.set(group, count);
    severities[finding.severity] += 1;
    if (count <= TOLD_OF_A_GROUP) batch.push(finding);
  };
  const tell = (progress) => {
    self.postMessage({ tell: "progress", ...progress, total: file.size, severities, groups, timeline: sentinel.timeline, findings: batch });
    batch = [];
  };
  file = log;
  sentinel = new Sentinel({ ...trust, onFinding });
  let last = { bytes: 0, lines: 0 };
  const onProgress = (progress) => tell((last = progress));
  await sentinel.ingestStream(pieces(file, { index, isStopped: () => isStopped }), { onProgress });
  const summary = sentinel.summary();
  tell(last);
  return { summary: { ...summary }, stopped: isStopped && last.bytes < file.size, bytes: last.bytes };
}

self.postMessage({ tell: "ready" });

/** An error as it travels to the page: a code where there is one, and a sentence. */
function said(error) {
  if (error instanceof DOMException)
    return { code: null, field: null, message: "The file cannot be read. It was moved or changed, or it is a folder." };
  const { code = null, field = null, message } = error;
  return { code, field, message: String(message) };
}
