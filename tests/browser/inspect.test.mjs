/** The panel that takes signed objects apart, used as a person uses it: each way in, each kind, and every way to be wrong. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { root } from "../runtimes/project.mjs";
import {
  AgentIdentity,
  AgentRegistry,
  approve,
  createAttestation,
  createEnvelope,
  issueCapability,
  revoke,
  signPacket,
} from "../../pkg/dist/index.js";
import { axe, playground } from "./site.mjs";

const { open, shots } = playground();

const [planner, researcher] = [1, 2].map((seed) => AgentIdentity.fromPrivateKey(new Uint8Array(32).fill(seed)));
const packet = (fields = {}) =>
  signPacket(planner, {
    to_agent: researcher.agentId,
    intent: "Summarize",
    permissions: { allowed_actions: ["read"], max_tool_calls: 3 },
    ...fields,
  });
const wire = (fields) => createEnvelope(packet(fields));
const vectors = (name) => JSON.parse(readFileSync(join(root, `tests/vectors/reference-${name}.json`), "utf8"));
const textOf = (page, selector) => page.locator(`#inspect ${selector}`).allTextContents();

/** Pastes over what is there, and waits for what is said of it. */
async function paste(page, text) {
  const area = page.locator("#inspect textarea").first();
  await area.focus();
  await page.keyboard.press("Control+A");
  await page.evaluate((pasted) => navigator.clipboard.writeText(pasted), text);
  await page.keyboard.press("Control+V");
  await settled(page, text);
}

/** Until the text in the field is the one that is shown. */
async function settled(page, text) {
  await page.waitForFunction((expected) => document.querySelector("#inspect textarea").value === expected, text.replaceAll("\r\n", "\n"));
  // Longer than a pause in typing.
  await page.waitForTimeout(250);
  await page.waitForSelector("#inspect [data-result]:not([hidden])");
}

const summary = (page) =>
  page.locator("#inspect [data-summary] .verdict").evaluate(({ dataset }) => ({ valid: dataset.valid, code: dataset.code }));
const kindOf = (page) => page.locator("#inspect [data-summary] [data-kind]").getAttribute("data-kind");
const fields = (page) =>
  page
    .locator("#inspect [data-fields] .fields > div")
    .evaluateAll((rows) =>
      Object.fromEntries(
        rows.map((row) => [row.querySelector("dt").firstChild.textContent, row.querySelector("dd").firstChild.textContent]),
      ),
    );

test("a text comes in by paste, by drop and from a file, and is taken apart", async (t) => {
  const { page, complaints, close } = await open({ hash: "inspect" });
  const text = wire({ context: { n: 123456789012345678901234567890n } });
  await paste(page, text);
  assert.deepEqual([await kindOf(page), await summary(page)], ["envelope", { valid: "true", code: "" }]);
  const shown = await fields(page);
  assert.deepEqual(
    [shown.from_agent, shown.intent, shown["context.n"], shown["permissions.max_tool_calls"]],
    [planner.agentId, "Summarize", "123456789012345678901234567890", "3"],
  );

  const folder = mkdtempSync(join(tmpdir(), "inspect-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "packet.json");
  const other = packet({ intent: "From a file" }).text;
  writeFileSync(file, other);
  await page.setInputFiles("#inspect input[type=file]", file);
  await settled(page, other);
  assert.deepEqual([await kindOf(page), (await fields(page)).intent], ["packet", "From a file"]);

  for (const [dropped, asFile] of [
    [wire({ intent: "A dropped file" }), true],
    [wire({ intent: "A dropped text" }), false],
  ]) {
    const transfer = await page.evaluateHandle(
      ([content, isFile]) => {
        const data = new DataTransfer();
        if (isFile) data.items.add(new File([content], "dropped.json"));
        else data.setData("text/plain", content);
        return data;
      },
      [dropped, asFile],
    );
    await page.dispatchEvent("#inspect .intake", "drop", { dataTransfer: transfer });
    await settled(page, dropped);
    assert.equal((await fields(page)).intent, JSON.parse(dropped).packet.intent);
  }
  assert.deepEqual(complaints(), []);
  await close();
});

test("each kind of object is known, and what is proven of it is told apart from what is claimed", async () => {
  const { page, complaints, close } = await open({ hash: "inspect" });
  const result = { pages: 3 };
  const attestation = createAttestation(researcher, { packetId: "pk-1", status: "OK", result });
  const around = JSON.stringify({
    result,
    reason: null,
    public_key_pem: researcher.publicKeyPem,
    now_ms: Number(attestation.timestamp_ms),
  });
  const bundle = `{"attestation":${attestation.text},${around.slice(1)}`;
  for (const [kind, text, claim] of [
    ["packet", packet().text, /That the sender is trusted/],
    ["envelope", wire(), /The list in chain/],
    [
      "capability_token",
      issueCapability(planner, { subject_agent: researcher.agentId, allowed_actions: ["read"] }).token,
      /no trusted root/,
    ],
    ["attestation", bundle, /signer's word.*That it is fresh: it was judged at the moment that stands beside it/],
    ["approval", approve(planner, packet().text, { decision: "DENIED", note: "not now" }).text, /is a reviewer/],
    ["revocation", revoke(planner, { agentId: planner.agentId }).text, /may revoke this/],
  ]) {
    await paste(page, text);
    assert.deepEqual([await kindOf(page), (await summary(page)).valid], [kind, "true"], kind);
    assert.match((await textOf(page, ".said.claimed")).join(), claim, kind);
    assert.match((await textOf(page, ".said.proven")).join(), /signed exactly these fields/, kind);
    const parts = await page.locator("#inspect .part").evaluateAll((all) => all.map(({ dataset }) => dataset.valid));
    assert.deepEqual(parts, ["true"], kind);
    await page.click("#inspect .part details.bytes:last-child summary");
    await page.waitForSelector("#inspect .part details.bytes :is(pre, .hex)");
  }
  assert.deepEqual(complaints(), []);
  await close();
});

test("an attestation by itself is asked for its key and its result, and then checked", async () => {
  const { page, complaints, close } = await open({ hash: "inspect" });
  await paste(page, createAttestation(researcher, { packetId: "pk-1", status: "OK", result: { pages: 3 } }).text);
  assert.match((await textOf(page, "[data-summary]")).join(), /Not checked yet/);
  await page.fill("#inspect [data-missing] textarea >> nth=0", '{"pages": 3}');
  await page.fill("#inspect [data-missing] textarea >> nth=1", researcher.publicKeyPem);
  await page.click("#inspect [data-missing] button");
  await page.waitForSelector("#inspect .verdict[data-valid=true]");

  await page
    .locator("#inspect textarea")
    .first()
    .evaluate((area) => {
      area.value = area.value.replace('"pages": 3', '"pages": 4');
      area.dispatchEvent(new Event("input"));
    });
  await page.waitForSelector("#inspect .fault[data-code=outcome_hash_mismatch] mark");
  assert.match((await textOf(page, ".fault[data-code=outcome_hash_mismatch]")).join(), /the result hashes to [0-9a-f]{64}/);
  assert.match((await textOf(page, ".fault[data-code=outcome_hash_mismatch] .spot mark")).join(), /"outcome_hash":"[0-9a-f]{30}/);
  assert.deepEqual(await textOf(page, ".changes mark"), ["3", "4"]);
  assert.deepEqual(complaints(), []);
  await close();
});

test("envelopes of both releases of the reference are read, with the very bytes that they signed", async () => {
  const { page, complaints, close } = await open({ hash: "inspect" });
  for (const [release, form] of [
    ["0.3.3-pydantic2.12", "0.3.3"],
    ["0.3.3-pydantic2.14", "0.3.3"],
    ["0.4.0", "0.4.0"],
  ]) {
    for (const { wire: text, signed_payload: signed } of vectors(release).packets.filter(({ name }) =>
      ["minimal", "floats", "ints", "offset"].includes(name),
    )) {
      await paste(page, text);
      assert.equal(await page.locator("#inspect [data-form]").getAttribute("data-form"), form);
      await page.click("#inspect .part details.bytes summary");
      await page.waitForSelector("#inspect .part pre.raw");
      assert.equal((await textOf(page, ".part pre.raw"))[0], Buffer.from(signed, "hex").toString());
    }
  }
  // Numbers as they were spelt.
  const { wire: ints } = vectors("0.4.0").packets.find(({ name }) => name === "ints");
  await paste(page, ints);
  const shown = await fields(page);
  assert.deepEqual([shown["context.i[3]"], shown["context.i[7]"]], ["9007199254740993", "10000000000000000000000000000000000000000"]);
  assert.deepEqual(complaints(), []);
  await close();
});

test("the changed bytes of an object that was seen before are pointed at, wherever they are", async () => {
  const { page, complaints, close } = await open({ hash: "inspect" });
  const genuine = wire({ intent: "Pay 100 to Ana", context: { account: "DE02 1203 0000", note: "r\u00e9sum\u00e9" } });
  await paste(page, genuine);
  for (const [from, to, pointer] of [
    ["Pay 100", "Pay 900", "/intent"],
    ["DE02 1203", "DE02 1283", "/context/account"],
    ['"max_tool_calls": 3', '"max_tool_calls": 4', "/permissions/max_tool_calls"],
    ['"allowed_actions": ["read"]', '"allowed_actions": ["read", "write"]', "/permissions/allowed_actions/1"],
    ['"note": "r', '"mote": "r', "/context/note"],
  ]) {
    await paste(page, genuine.replace(from, to));
    assert.deepEqual(await summary(page), { valid: "false", code: "invalid_signature" });
    const pointers = await page.locator("#inspect .changes > li").evaluateAll((items) => items.map(({ dataset }) => dataset.pointer));
    assert.ok(pointers.includes(pointer), `${pointers}: ${pointer}`);
    assert.ok((await page.locator("#inspect .changes mark").count()) >= 1);
  }
  // One byte: the mark is that byte, and its place is named.
  await paste(page, genuine.replace("Pay 100", "Pay 900"));
  assert.deepEqual(await textOf(page, ".changes mark"), ["1", "9"]);
  assert.match((await textOf(page, ".changes")).join(), /signed bytes: line 1, column \d+, byte \d+/);
  // A signature of other bytes: nothing that is signed differs.
  const signature = JSON.parse(genuine).packet.signature;
  await paste(page, genuine.replace(signature, JSON.parse(wire()).packet.signature));
  assert.deepEqual(await page.locator("#inspect .changes > li").evaluateAll((items) => items.map(({ dataset }) => dataset.pointer)), [
    "/signature",
  ]);
  assert.deepEqual(complaints(), []);
  await close();
});

test("of an object never seen before the fields that may be concerned are named, and the genuine one can be given", async () => {
  const { page, complaints, close } = await open({ hash: "inspect" });
  const genuine = wire({ intent: "Pay 100" });
  await paste(page, genuine.replace("Pay 100", "Pay 900"));
  const named = await textOf(page, "[data-affected] .chip");
  for (const name of ["intent", "to_agent", "permissions", "public_key"]) assert.ok(named.includes(name), name);
  assert.equal(await page.locator("#inspect .changes").count(), 0);

  const compareWith = async (text) => {
    if ((await page.locator("#inspect [data-compare][open]").count()) === 0) await page.click("#inspect [data-compare] summary");
    await page.fill("#inspect [data-compare] textarea", text);
    await page.click("#inspect [data-compare] button");
  };
  await compareWith(
    wire({
      to_agent: "agent:else",
      intent: "Another",
      context: { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, h: 8, i: 9, j: 10 },
      permissions: { allowed_actions: [] },
    }).replace("Another", "Forged"),
  );
  await page.waitForFunction(() => document.querySelector("#inspect [data-affected]").textContent.includes("is not good itself"));
  await compareWith(genuine);
  await page.waitForSelector("#inspect .changes > li[data-pointer='/intent']");
  assert.deepEqual(await textOf(page, ".changes mark"), ["1", "9"]);
  assert.deepEqual(complaints(), []);
  await close();
});

test("a packet whose keys the reference's own writer sorted is told apart from one that was changed", async () => {
  const { page, complaints, close } = await open({ hash: "inspect" });
  for (const { wire: text } of vectors("0.3.3-pydantic2.14").packets.filter(({ name }) => ["unsorted", "unicode"].includes(name))) {
    await paste(page, text);
    assert.deepEqual(await summary(page), { valid: "false", code: "invalid_signature" });
    await page.click("#inspect [data-orders]");
    await page.waitForSelector("#inspect .fault [role=status] p");
    assert.match((await textOf(page, ".fault [role=status] p")).join(), /nothing was changed but their order/);
  }
  await paste(page, wire({ context: { a: 1, b: 2 } }).replace("Summarize", "Publish"));
  await page.click("#inspect [data-orders]");
  await page.waitForSelector("#inspect .fault [role=status] p");
  assert.match((await textOf(page, ".fault [role=status] p")).join(), /It fits in no order/);
  assert.deepEqual(complaints(), []);
  await close();
});

test("a spelling that is refused is pointed at, at its very character", async () => {
  const { page, complaints, close } = await open({ hash: "inspect" });
  const genuine = wire({ context: { list: [1, 2] } });
  const { signature } = JSON.parse(genuine).packet;
  for (const [text, code, mark] of [
    [genuine.replace('"list": [1, 2]', '"list": [1, 2,]'), "malformed_json", "]"],
    [genuine.replace('"list": [1', '"list": [-0'), "number_noncanonical", "-"],
    [genuine.replace('"list": [1', '"list": ["\\ud800"'), "invalid_unicode", "\\"],
    [genuine.replace('"intent":', '"intent": "x", "intent":'), "duplicate_key", '"intent": '],
    [genuine.replace('"intent":', '"extra": 7, "intent":'), "unknown_field", '"extra": 7'],
    [genuine.replace('"max_tool_calls": 3', '"max_tool_calls": 3.0'), "type_mismatch", '"max_tool_calls": 3.0'],
    [genuine.replace(signature, `${signature.slice(0, 20)}*${signature.slice(21)}`), "signature_encoding_invalid", "*"],
    [genuine.replace("MCowBQYDK2VwAyEA", "MCowBQYDK2VwAyEB"), "public_key_encoding_invalid", "B"],
    [genuine.replace('"signature_algo": "Ed25519"', '"signature_algo": "none"'), "unsupported_algorithm", '"signature_algo": "none"'],
    [genuine.slice(0, 200), "malformed_json", "⟨end of the text⟩"],
  ]) {
    await paste(page, text);
    assert.deepEqual(await textOf(page, ".fault mark"), [mark], code);
    assert.deepEqual(await summary(page), { valid: "false", code });
    assert.match((await textOf(page, ".spot figcaption")).join(), /line 1, column \d+, byte \d+/);
  }
  // A field that is not there: the end of the object that lacks it.
  await paste(page, genuine.replace('"intent"', '"intend"'));
  assert.deepEqual(await summary(page), { valid: "false", code: "missing_field" });
  // Another spelling of the same content is told, and is nothing wrong.
  await paste(page, genuine.replace('"intent": ', '"intent":   '));
  assert.equal((await summary(page)).valid, "true");
  assert.match((await textOf(page, "[data-respelled]")).join(), /line 1, column \d+/);
  assert.deepEqual(complaints(), []);
  await close();
});

test("of an envelope the very object that is broken is named, also deep in its proof", async () => {
  const { page, complaints, close } = await open({ hash: "inspect" });
  await page.getByRole("button", { name: "Chain of three" }).click();
  await page.waitForSelector("#inspect .verdict[data-valid=true]");
  const chain = await page.locator("#inspect textarea").first().inputValue();
  assert.equal(await page.locator("#inspect .hop.proven").count(), 6);
  assert.equal(await page.locator("#inspect .hop.claimed").count(), 0);
  const narrowed = (await textOf(page, ".narrowed")).join();
  for (const words of [
    /no more fetch:https/,
    /tool calls: 8 → 5/,
    /runtime: at most 60 s/,
    /a person must approve/,
    /read, fetch:.* became read:\/docs\/\*/,
  ])
    assert.match(narrowed, words);

  await paste(page, chain.replace("Collect the findings", "Collect the salaries"));
  assert.match((await textOf(page, ".verdict")).join(), /Valid itself; something in it is not/);
  assert.deepEqual(await page.locator("#inspect .part[data-valid=false]").evaluateAll((parts) => parts.map(({ dataset }) => dataset.at)), [
    "/proof/packets/0",
  ]);
  assert.deepEqual(await page.locator("#inspect .fault").evaluateAll((all) => all.map(({ dataset }) => dataset.at)), ["/proof/packets/0"]);
  assert.deepEqual(await page.locator("#inspect .changes > li").evaluateAll((items) => items.map(({ dataset }) => dataset.pointer)), [
    "/intent",
  ]);
  assert.equal(await page.locator("#inspect .hop.claimed").count(), 1);

  // Of a packet that somebody changed nothing is said to be narrowed, or within what stands above.
  const wider = JSON.parse(chain);
  wider.packet.permissions.allowed_actions.push("publish");
  await paste(page, JSON.stringify(wider));
  assert.equal(await page.locator("#inspect .hop.claimed[data-code=invalid_signature]").count(), 1);
  assert.equal(await page.locator("#inspect .hop.claimed .narrowed").count(), 0);

  const tokens = JSON.parse(chain).proof.capabilities;
  await paste(page, chain.replace(tokens[1], `${tokens[1].slice(0, 50)}!${tokens[1].slice(51)}`));
  assert.deepEqual(await page.locator("#inspect .part[data-valid=false]").evaluateAll((parts) => parts.map(({ dataset }) => dataset.at)), [
    "/proof/capabilities/1",
  ]);
  assert.deepEqual(await textOf(page, ".fault[data-at='/proof/capabilities/1'] mark"), ["!"]);
  assert.deepEqual(complaints(), []);
  await close();
});

test("every random change of a genuine envelope is refused, and pointed at or told to be in what is signed", async (t) => {
  const { page, complaints, close } = await open({ hash: "inspect", still: true });
  const genuine = wire({ context: { account: "DE02 1203", list: [1, 2.5, null] }, risk_level: "write" });
  await paste(page, genuine);
  const signedStart = genuine.indexOf('"packet": {') + 11;
  let seed = 20261123;
  const random = (below) => {
    seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
    return (seed >>> 8) % below;
  };
  const flat = (value, pointer = "") =>
    typeof value === "object" && value !== null && Object.keys(value).length > 0
      ? Object.entries(value).flatMap(([key, inner]) => flat(inner, `${pointer}/${key}`))
      : [[pointer, JSON.stringify(value)]];
  const own = new Map(flat(JSON.parse(genuine).packet));
  /** The pointers at which a text that is still JSON says another thing. */
  const changedIn = (text) => {
    const other = new Map(flat(JSON.parse(text).packet));
    return [...new Set([...own.keys(), ...other.keys()])].filter((pointer) => own.get(pointer) !== other.get(pointer)).sort();
  };
  const same = (text) => {
    try {
      return changedIn(text).length === 0;
    } catch {
      return false;
    }
  };
  let [refused, tried] = [0, 0];
  for (let round = 0; round < 80; round += 1) {
    const at = signedStart + random(genuine.length - signedStart - 2);
    const by = String.fromCharCode(33 + random(94));
    if (genuine[at] === by || genuine[at] === " ") continue;
    tried += 1;
    const text = `${genuine.slice(0, at)}${by}${genuine.slice(at + 1)}`;
    const found = await page.evaluate(async (spoilt) => {
      const area = document.querySelector("#inspect textarea");
      area.value = "";
      area.dispatchEvent(new Event("input"));
      await new Promise((resolve) => setTimeout(resolve, 5));
      area.value = spoilt;
      area.dispatchEvent(new Event("input"));
      for (let tries = 0; tries < 200 && document.querySelector("#inspect [data-result]").hidden; tries += 1)
        await new Promise((resolve) => setTimeout(resolve, 5));
      const { code, valid } = document.querySelector("#inspect [data-summary] .verdict").dataset;
      const marks = document.querySelectorAll("#inspect .fault mark").length;
      return {
        code,
        valid,
        marks,
        changed: [...document.querySelectorAll("#inspect .changes > li")].map(({ dataset }) => dataset.pointer),
      };
    }, text);
    const near = `${found.code}: ${text.slice(at - 20, at + 20)} (${round})`;
    // What is still good would have to say the same in another spelling.
    assert.equal(found.valid, String(same(text)), near);
    if (found.valid === "true") continue;
    refused += 1;
    assert.notEqual(found.code, "", near);
    assert.ok(found.marks > 0, near);
    if (found.code === "invalid_signature") assert.deepEqual(found.changed.sort(), changedIn(text), near);
  }
  t.diagnostic(`${refused} of ${tried} changes refused`);
  assert.ok(refused > 40, `${refused}`);
  assert.deepEqual(complaints(), []);
  await close();
});

test("a link carries the object behind its #, opens in another tab, and leaves when the text changes", async () => {
  const { page, context, complaints, close } = await open({ hash: "inspect" });
  const text = wire({ intent: "Résumé 😀", context: { long: "x".repeat(20_000) } });
  await paste(page, text);
  await page.click("#inspect [data-share]");
  await page.waitForFunction(() => document.querySelector("#inspect [data-summary] .hint:last-child").textContent.startsWith("Copied"));
  const link = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(link, /#inspect\/1\.[\w-]+$/);
  assert.ok(link.length < 2000, `${link.length}`);
  const other = await open({ hash: link.split("#")[1], context });
  await settled(other.page, text);
  assert.equal((await summary(other.page)).valid, "true");
  await other.page.keyboard.press("Tab");
  await paste(other.page, "{}");
  assert.equal(await other.page.evaluate(() => location.hash), "#inspect");
  assert.deepEqual([...complaints(), ...other.complaints()], []);
  await close();
});

test("a link that is cut off, of another version or a bomb gives one clear line, at once", async () => {
  const { page, complaints, close } = await open({ hash: "inspect" });
  const bomb = await page.evaluate(async () => {
    const packed = new Response(new Blob([new Uint8Array(30_000_000)]).stream().pipeThrough(new CompressionStream("deflate-raw")));
    const bytes = new Uint8Array(await packed.arrayBuffer());
    let binary = "";
    for (const byte of bytes) binary += String.fromCharCode(byte);
    return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  });
  await paste(page, wire());
  await page.click("#inspect [data-share]");
  await page.waitForFunction(() => document.querySelector("#inspect [data-summary] input").value !== "");
  const good = (await page.locator("#inspect [data-summary] input").inputValue()).split("#inspect/")[1];
  for (const [argument, words] of [
    [`1.${bomb}`, /more than 1 MiB/],
    [good.slice(0, -40), /damaged/],
    [`${good.slice(0, 30)}AAAA${good.slice(34)}`, /damaged/],
    ["1.%3Cscript%3E", /damaged/],
    ["1.", /damaged/],
    ["9.abc", /another version/],
    [`1.${"A".repeat(70_000)}`, /longer than any/],
  ]) {
    await page.evaluate((to) => (location.hash = `inspect/${to}`), argument);
    await page.waitForFunction(
      (source) => new RegExp(source).test(document.querySelector("#inspect [data-trouble]").textContent),
      words.source,
    );
    await page.evaluate(() => (document.querySelector("#inspect [data-trouble]").textContent = ""));
  }
  assert.deepEqual(complaints(), []);
  await close();
});

test("hostile texts are text: markup, controls, bidirectional marks, depth and a megabyte", async (t) => {
  const { page, complaints, close } = await open({ hash: "inspect" });
  const evil = '<img src=x onerror="globalThis.ran=1"><script>globalThis.ran=1</script>';
  await paste(page, wire({ intent: evil, context: { [evil]: evil, "\u202egnp.exe": "\u0007\u200b\u2028end" } }));
  assert.equal((await fields(page)).intent, evil);
  assert.match((await textOf(page, "[data-fields]")).join(), /⟨U\+202E⟩gnp\.exe.*⟨U\+0007⟩⟨U\+200B⟩⟨U\+2028⟩end/s);
  assert.equal(await page.evaluate(() => globalThis.ran), undefined);
  assert.equal(await page.locator("#inspect [data-result] :is(img, script)").count(), 0);

  const deep = "[".repeat(100_000);
  const wide = `{"packet": {"packet_id": "p", "a": [${"[],".repeat(300_000)}1]}}`;
  const keys = `{"packet": {${Array.from({ length: 60_000 }, (_, index) => `"k${index}": 1`).join(", ")}}}`;
  const other = { __proto__: null, toString: 1 };
  const anything = JSON.stringify({
    ...JSON.parse(packet().text),
    from_agent: {},
    to_agent: [other],
    permissions: { allowed_actions: [other, null], max_tool_calls: other },
    constraints: "x",
    expires_at: other,
  });
  const nested = `${'{"a":'.repeat(100)}[${"1,".repeat(150_000)}1]${"}".repeat(100)}`;
  const altered = packet({ context: JSON.parse(nested) }).text.replace('"intent": "', '"intent": "x');
  const words = wire({ context: { words: "word ".repeat(190_000) } });
  for (const [text, code] of [
    [deep, "nesting_too_deep"],
    [wide, null],
    [keys, null],
    [words, ""],
    [altered, "invalid_signature"],
    [anything, "type_mismatch"],
    ["x".repeat(2_000_000), "input_too_large"],
    ['"\\ud800"', null],
    ["\u0000", null],
    ["😀", null],
  ]) {
    const took = await page.evaluate(async (given) => {
      const area = document.querySelector("#inspect textarea");
      const result = document.querySelector("#inspect [data-result]");
      area.value = "";
      area.dispatchEvent(new Event("input"));
      await new Promise((resolve) => setTimeout(resolve, 20));
      area.value = given;
      const start = performance.now();
      area.dispatchEvent(new Event("input"));
      while (result.hidden) await new Promise((resolve) => requestAnimationFrame(resolve));
      return performance.now() - start;
    }, text);
    t.diagnostic(`${text.length} characters in ${Math.round(took)} ms: ${JSON.stringify(text.slice(0, 24))}`);
    if (code !== null) assert.equal((await summary(page)).code, code, text.slice(0, 30));
  }
  assert.deepEqual(complaints(), []);
  await close();
});

test("a real gate says whether it would take it, check by check", async () => {
  const { page, complaints, close } = await open({ hash: "inspect" });
  await paste(page, wire());
  await page.click("#inspect [data-gate] summary");
  assert.equal(await page.inputValue("#inspect [name=audience]"), researcher.agentId);
  const ask = async () => {
    await page.click("#inspect [data-gate] button[type=submit]");
    await page.waitForSelector("#inspect [data-gate] .verdict");
    return (await textOf(page, "[data-gate] .verdict")).join();
  };
  assert.match(await ask(), /ACCEPT/);
  assert.ok((await page.locator("#inspect .findings .checks [data-outcome=pass]").count()) > 10);
  await page.fill("#inspect [name=audience]", "agent:else");
  assert.match(await ask(), /REJECT.*wrong_audience/s);
  assert.equal(await page.locator("#inspect .findings .checks [data-check=audience]").getAttribute("data-outcome"), "fail");
  assert.match((await textOf(page, ".findings tr[data-check=audience]")).join(), /failed.*the packet is for/s);
  assert.equal(await page.locator("#inspect .findings .checks [data-check=replay]").getAttribute("data-outcome"), "waiting");
  await page.fill("#inspect [name=audience]", researcher.agentId);
  await page.fill("#inspect [name=now]", "2030-01-01T00:00:00Z");
  assert.match(await ask(), /expired/);
  await page.click("#inspect [data-gate] button:has-text('When it was issued')");
  await page.selectOption("#inspect [name=trust]", "registry");
  await page.fill("#inspect [name=registry]", "{}");
  assert.match(await ask(), /agent_unknown/);
  await page.fill("#inspect [name=registry]", new AgentRegistry().register(planner.agentId, planner.publicKeyPem).toJson());
  assert.match(await ask(), /ACCEPT/);
  await page.fill("#inspect [name=registry]", "nonsense");
  assert.match(await ask(), /No decision.*malformed_json/s);
  assert.deepEqual(complaints(), []);
  await close();
});

test("the inspector is loaded with the first object, and where that fails it is said and tried again", async () => {
  const { page, close } = await open({ hash: "inspect" });
  let [asked, isBroken] = [0, true];
  let release;
  const held = new Promise((resolve) => (release = resolve));
  await page.route("**/chunks/sentinel-*", async (route) => {
    asked += 1;
    if (isBroken) await route.abort();
    else {
      await held;
      await route.continue();
    }
  });
  assert.equal(asked, 0);
  const fill = (text) => page.locator("#inspect textarea").first().fill(text);
  await fill(wire());
  await page.waitForSelector("#inspect [data-trouble]:not([hidden])");
  isBroken = false;
  await fill(wire({ intent: "Again" }));
  await page.waitForSelector("#inspect [data-loading]:not([hidden])");
  assert.equal(await page.locator("#inspect [data-trouble]:not([hidden])").count(), 0);
  release();
  await page.waitForSelector("#inspect .verdict[data-valid=true]");
  assert.equal(await page.locator("#inspect [data-loading]:not([hidden])").count(), 0);
  await close();
});

test("every example shows what it says, by keyboard alone, and axe finds nothing", async () => {
  const { page, complaints, close } = await open({ hash: "inspect", still: true });
  for (const [name, kind, valid] of [
    ["Genuine packet", "envelope", "true"],
    ["Tampered packet", "envelope", "false"],
    ["Chain of three", "envelope", "true"],
    ["Python 0.3.3", "envelope", "true"],
    ["Python 0.4.0", "envelope", "true"],
    ["Capability token", "capability_token", "true"],
    ["Attestation", "attestation", "true"],
    ["Approval", "approval", "true"],
    ["Revocation", "revocation", "true"],
  ]) {
    const before = await page.locator("#inspect textarea").first().inputValue();
    await page.getByRole("button", { name, exact: true }).focus();
    await page.keyboard.press("Enter");
    await page.waitForFunction((old) => document.querySelector("#inspect textarea").value !== old, before);
    await page.waitForSelector(`#inspect .verdict[data-valid="${valid}"]`);
    await page.waitForTimeout(200);
    assert.equal(await kindOf(page), kind, name);
    assert.deepEqual(await axe(page), [], name);
  }
  for (const release of ["0.3.3", "0.4.0"]) {
    const file = readFileSync(join(root, `www/panels/inspect/examples/python-${release}.json`), "utf8").trimEnd();
    const from = vectors(release === "0.3.3" ? "0.3.3-pydantic2.14" : release).packets.map(({ wire: text }) => text);
    assert.ok(from.includes(file), `${release} is not what the reference wrote`);
  }
  // Everything that opens, opens by keyboard.
  for (const summaryOf of ["details.bytes", "[data-compare]"]) {
    await page.focus(`#inspect ${summaryOf} > summary`);
    await page.keyboard.press("Enter");
    assert.equal(await page.locator(`#inspect ${summaryOf}[open]`).count(), 1, summaryOf);
  }
  assert.deepEqual(await axe(page), []);
  assert.deepEqual(complaints(), []);
  await close();
});

test("it fits a phone, and looks the same in both themes", async () => {
  for (const theme of ["light", "dark"]) {
    const { page, complaints, close } = await open({ hash: "inspect", phone: true, theme, still: true });
    for (const name of ["Chain of three", "Tampered packet"]) {
      await page.getByRole("button", { name, exact: true }).click();
      await page.waitForSelector(`#inspect .verdict[data-valid="${name !== "Tampered packet"}"]`);
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 390, name);
      assert.deepEqual(await axe(page), [], `${name}, ${theme}`);
    }
    const small = await page
      .locator("#inspect :is(button, summary:not(.example *), input:not([type=checkbox], [type=file]))")
      .evaluateAll((all) =>
        all
          .filter((each) => each.offsetParent !== null && each.getBoundingClientRect().height < 44)
          .map(({ outerHTML }) => outerHTML.slice(0, 80)),
      );
    assert.deepEqual(small, []);
    assert.deepEqual(complaints(), []);
    await close();
  }
  const show = (name, valid) => async (page) => {
    await page.getByRole("button", { name, exact: true }).click();
    await page.waitForSelector(`#inspect .verdict[data-valid="${valid}"]`);
  };
  await shots("inspect-signed", { hash: "inspect" }, async (page) => {
    await show("Chain of three", true)(page);
    for (const closed of ["details.part >> nth=0", "details.part >> nth=4", "[data-gate]"])
      await page.locator(`#inspect ${closed}`).locator("summary").first().click();
    await page.locator("#inspect details.part[open] details.bytes").evaluateAll((all) => all.forEach((each) => (each.open = true)));
    await page.click("#inspect [data-gate] button[type=submit]");
    await page.waitForSelector("#inspect .findings");
  });
  await shots("inspect-tampered", { hash: "inspect" }, show("Tampered packet", false));
  await shots("inspect-chain", { hash: "inspect" }, show("Chain of three", true));
});
