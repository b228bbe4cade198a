/** The attack panel in Chromium, used as a person does: what each attack comes to, with a gate and without one. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { axe, playground } from "./site.mjs";

const { open, shots } = playground();

/** Button → code, the field that the gate names, the check that fails, what the agent without a gate does. */
const ATTACKS = [
  ["tamper", "invalid_signature", null, "signature", "published the findings"],
  ["replay", "replay_detected", null, "replay", "summarized the findings"],
  ["forge", "public_key_mismatch", null, "identity", "summarized the findings"],
  ["steal", "capability_subject_mismatch", null, "capability", "published the findings"],
  ["expire", "expired", null, "time", "summarized the findings"],
  ["redirect", "wrong_audience", "/packet/to_agent", "audience", "summarized the findings"],
  ["escalate", "authority_escalation", "/packet/permissions/allowed_actions", "capability", "published the findings"],
  ["unreviewed", "human_review_required", null, "human_review", "deployed release 1.2.3"],
  ["flag", "human_review_required", null, "human_review", "deployed release 1.2.3"],
  ["budget", "tool_calls_exhausted", null, "tool_calls", "read the report, 3 calls"],
];

/** Field that is changed → code. */
const FIELDS = {
  intent: "invalid_signature",
  from_agent: "public_key_mismatch",
  to_agent: "wrong_audience",
  "permissions.allowed_actions": "invalid_signature",
  "permissions.max_tool_calls": "invalid_signature",
  risk_level: "invalid_signature",
  expires_at: "ttl_policy_mismatch",
  ttl_seconds: "ttl_policy_mismatch",
  nonce: "invalid_signature",
  packet_id: "invalid_signature",
  context: "invalid_signature",
  ai_provenance: "invalid_signature",
  signature: "invalid_signature",
  signature_algo: "unsupported_algorithm",
  public_key: "public_key_mismatch",
  "is_admin (one more field)": "unknown_field",
  "intent (a second one)": "duplicate_key",
};

/** The panel once its first delivery has arrived. */
async function opened(options) {
  const opening = await open({ hash: "attack", ...options });
  await opening.page.waitForSelector("#attack[data-turn='1']");
  return opening;
}

/** Does `act`, waits until its delivery is decided, and gives what the panel then shows. */
async function after(page, act) {
  const before = await page.getAttribute("#attack", "data-turn");
  await act();
  await page.waitForFunction((last) => document.querySelector("#attack").dataset.turn !== last, before);
  return shown(page);
}

const press = (page, name) => after(page, () => page.click(`#attack [data-deliver=${name}]`));

function shown(page) {
  return page.evaluate(() => {
    const panel = document.querySelector("#attack");
    const text = (selector) => panel.querySelector(selector)?.textContent ?? null;
    const all = (selector, read) => [...panel.querySelectorAll(selector)].map(read);
    return {
      decision: text("[data-verdict] strong"),
      code: text("[data-verdict] code:not(.verdict-field)"),
      field: text("[data-verdict] .verdict-field"),
      reason: text("[data-verdict] .verdict-reason"),
      gated: text("[data-outcome-of=gated]"),
      trusting: text("[data-outcome-of=trusting]"),
      score: text("[data-score]"),
      newest: all("[data-rows] tr:first-child > *", (cell) => cell.textContent),
      rows: panel.querySelectorAll("[data-rows] tr").length,
      passed: all("[data-checks] [data-outcome=pass]", ({ dataset }) => dataset.check),
      failed: all("[data-checks] [data-outcome=fail]", ({ dataset }) => dataset.check),
      changed: all("[data-lines] [data-state=added]", ({ dataset }) => dataset.pointer),
      pointed: all("[data-lines] :is([data-mark=look], [data-mark=refused])", ({ dataset }) => dataset.pointer),
      refused: all("[data-lines] [data-mark=refused]", ({ dataset }) => dataset.pointer),
    };
  });
}

test("the genuine handoff is done by both agents, and by the one with a gate only after every check", async () => {
  const { page, complaints, close } = await opened();
  const first = await shown(page);
  assert.equal(first.decision, "ACCEPT");
  assert.deepEqual(first.failed, []);
  assert.equal(first.passed.at(-1), "replay");
  assert.match(first.gated, /ACCEPT summarized the findings/);
  assert.match(first.trusting, /did it summarized the findings/);
  assert.equal(first.score, "No attack yet.");
  assert.deepEqual(complaints(), []);
  await close();
});

test("every attack is refused by the gate with its code, and goes through by convention", async () => {
  const { page, complaints, close } = await opened({ still: true });
  const buttons = await page.locator(".attacks [data-deliver]").evaluateAll((all) => all.map(({ dataset }) => dataset.deliver));
  assert.deepEqual(buttons, ATTACKS.map(([name]) => name), "every button is in the table");
  for (const [index, [name, code, field, check, did]] of ATTACKS.entries()) {
    const seen = await press(page, name);
    assert.equal(seen.decision, "REJECT", name);
    assert.equal(seen.code, code, name);
    assert.equal(seen.field, field, name);
    assert.deepEqual(seen.failed, [check], name);
    assert.ok(seen.passed.length > 0 && !seen.passed.includes(check), name);
    assert.equal(seen.gated, `REJECT ${code}`, name);
    assert.equal(seen.trusting, `did it ${did}`, name);
    assert.notEqual(seen.reason, "", name);
    assert.deepEqual(seen.refused, field === null ? [] : [field], name);
    assert.deepEqual(seen.newest.slice(1), [`refused ${code}`, `did it ${did}`], name);
    const number = index + 1;
    assert.equal(seen.score, `${number} attack${number === 1 ? "" : "s"}: with a gate none got through, by convention ${number}.`);
  }
  assert.deepEqual(complaints(), []);
  await close();
});

test("whichever field is changed on the way, it is named and marked, and the gate refuses", async () => {
  const { page, complaints, close } = await opened({ still: true });
  const options = await page.locator("#attack-field option").allTextContents();
  assert.deepEqual(options, Object.keys(FIELDS));
  for (const [field, code] of Object.entries(FIELDS)) {
    await page.selectOption("#attack-field", field);
    assert.notEqual(await page.inputValue("#attack-value"), "");
    const { code: said, trusting, changed, pointed } = await press(page, "tamper");
    assert.equal(said, code, field);
    assert.match(trusting, /^did it /, field);
    const pointer = `/packet/${field.replace(/ \(.*/, "").replaceAll(".", "/")}`;
    assert.match(await page.textContent("#attack [data-story]"), new RegExp(pointer));
    // A key that is there twice is no JSON of one value; its line has no pointer.
    if (code === "duplicate_key") assert.equal(changed.length, 1);
    else assert.ok(pointed.includes(pointer) && changed.some((at) => at.startsWith(pointer)), field);
  }
  assert.deepEqual(complaints(), []);
  await close();
});

test("a value of one's own is what travels, and the value that stood there is no attack", async () => {
  const { page, complaints, close } = await opened({ still: true });
  await page.fill("#attack-value", 'Burn "it" <b>all</b> \u202e😀');
  const burnt = await press(page, "tamper");
  assert.equal(burnt.code, "invalid_signature");
  assert.match(burnt.trusting, /burned "it" <b>all<\/b> ⟨U\+202E⟩😀/);
  await page.fill("#attack-value", "Summarize the findings");
  const same = await press(page, "tamper");
  assert.equal(same.decision, "ACCEPT");
  assert.match(same.score, /^1 attack: with a gate none got through/);
  assert.deepEqual(complaints(), []);
  await close();
});

test("a sentence of one's own is what is signed and done", async () => {
  const { page, complaints, close } = await opened({ still: true });
  await page.fill("#attack-task", "Reply to Zoë’s letter");
  assert.equal(await page.inputValue("#attack-value"), "Publish to Zoë’s letter");
  const seen = await after(page, () => page.press("#attack-task", "Enter"));
  assert.equal(seen.gated, "ACCEPT replied to Zoë’s letter");
  assert.match(await page.textContent("#attack [data-lines]"), /"intent": "Reply to Zoë’s letter"/);
  assert.equal((await press(page, "replay")).trusting, "did it replied to Zoë’s letter");
  assert.deepEqual(complaints(), []);
  await close();
});

test("a reviewer's signed approval lets the reviewed task through, once, where a flag did not", async () => {
  const { page, complaints, close } = await opened({ still: true });
  for (const name of ["unreviewed", "flag"]) {
    assert.equal(await page.locator("[data-deliver=approved]").isVisible(), false);
    assert.equal((await press(page, name)).code, "human_review_required");
    const approved = await press(page, "approved");
    assert.equal(approved.decision, "ACCEPT");
    assert.ok(approved.passed.includes("human_review"));
    assert.equal(approved.gated, "ACCEPT deployed release 1.2.3");
  }
  assert.deepEqual(complaints(), []);
  await close();
});

test("what is edited by hand is judged as it stands, also where it is no JSON", async () => {
  const { page, complaints, close } = await opened({ still: true });
  const edit = () => page.getByRole("button", { name: "Edit by hand" }).click();
  const change = async (from, to) => {
    await edit();
    const text = await page.inputValue("#attack-text");
    assert.ok(text.includes(from), from);
    await page.fill("#attack-text", text.replace(from, to));
    return press(page, "hand");
  };
  const spaced = await change('"intent":', '"intent"  :');
  assert.equal(spaced.decision, "ACCEPT", "white space is not signed");
  assert.equal(spaced.score, "No attack yet.");
  const more = await change('"max_tool_calls": 3', '"max_tool_calls": 3.0');
  assert.equal(more.code, "type_mismatch");
  assert.match(more.trusting, /^did it/);
  // Goes on with the text that was refused.
  const torn = await change('"max_tool_calls": 3.0', '"max_tool_calls": 3.0}');
  assert.equal(torn.code, "malformed_json");
  assert.equal(torn.trusting, "refused it is no JSON");
  assert.match(torn.score, /^2 attacks: with a gate none got through, by convention 1\.$/);
  assert.deepEqual(complaints(), []);
  await close();
});

test("a hostile text by hand is refused at once, and shown as text", async () => {
  const { page, complaints, close } = await opened({ still: true });
  for (const [text, code] of [
    ["[".repeat(200_000), "nesting_too_deep"],
    [`${"[1,\n".repeat(20_000)}`, "nesting_too_deep"],
    ["x".repeat(2_000_000), "input_too_large"],
    ['{"packet":"<img src=x onerror=alert(1)>\u202e"}', "missing_field"],
    ["", "malformed_json"],
  ]) {
    await page.getByRole("button", { name: "Edit by hand" }).click();
    await page.locator("#attack-text").evaluate((area, value) => (area.value = value), text);
    const seen = await press(page, "hand");
    assert.equal(seen.code, code, text.slice(0, 20));
    assert.match(seen.trusting, /^refused /);
  }
  assert.equal(await page.locator("#attack img").count(), 0);
  assert.deepEqual(complaints(), []);
  await close();
});

test("the whole panel can be used by keyboard alone, and tells what happened", async () => {
  const { page, complaints, close } = await opened({ still: true });
  await page.focus("#attack-task");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("Read the news");
  await page.keyboard.press("Tab");
  assert.match((await after(page, () => page.keyboard.press("Enter"))).gated, /read the news/);
  for (const name of ["tamper", null, null, ...ATTACKS.slice(1).map(([attack]) => attack)]) {
    await page.keyboard.press("Tab");
    if (name === null) continue;
    assert.equal(await page.evaluate(() => document.activeElement.dataset.deliver), name);
    const { code } = await after(page, () => page.keyboard.press(name === "forge" ? "Space" : "Enter"));
    assert.equal(code, ATTACKS.find(([attack]) => attack === name)[1]);
    await page.waitForFunction((said) => document.querySelector("#said").textContent.includes(said), code);
  }
  const said = await page.textContent("#said");
  assert.match(said, /^Exceed the budget\. Researcher with a gate: REJECT tool_calls_exhausted\./);
  assert.match(said, /The agent that trusts by convention: read the report, 3 calls\.$/);
  // The editor: opened, changed, handed in; the focus is not lost.
  await page.focus("text=Edit by hand");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "attack-text");
  await page.keyboard.press("Control+Home");
  await page.keyboard.type("x");
  await page.keyboard.press("Tab");
  assert.equal((await after(page, () => page.keyboard.press("Enter"))).code, "malformed_json");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "Edit by hand");
  assert.deepEqual(complaints(), []);
  await close();
});

test("the envelope travels, the checks light up one after the other, and a new delivery ends the one on its way", async () => {
  const { page, complaints, close } = await opened();
  await page.click("[data-deliver=tamper]");
  await page.waitForSelector("[data-envelope=gated][data-shown]");
  const place = () => page.locator("[data-envelope=gated]").evaluate((envelope) => envelope.getBoundingClientRect().left);
  const from = await place();
  await page.waitForFunction((left) => document.querySelector("[data-envelope=gated]").getBoundingClientRect().left > left + 50, from);
  await page.waitForSelector("[data-envelope=trusting][data-shown][data-changed]");
  assert.equal(await page.textContent("[data-verdict] strong"), "On its way");
  const lit = await page.evaluate(async () => {
    const counts = new Set();
    while (document.querySelector("[data-verdict] strong").textContent === "On its way") {
      counts.add(document.querySelectorAll("[data-checks] [data-outcome=pass]").length);
      await new Promise(requestAnimationFrame);
    }
    return [...counts];
  });
  assert.ok(lit.length > 3, `seen lit: ${lit}`);
  await page.waitForSelector("[data-envelope=gated][data-shown=lies][data-changed]");
  // Two at once: both are counted, the later one is shown.
  await page.click("[data-deliver=forge]");
  const seen = await press(page, "redirect");
  assert.equal(seen.code, "wrong_audience");
  assert.match(seen.score, /^3 attacks/);
  assert.equal(await page.getAttribute("#attack", "data-turn"), "4");
  assert.deepEqual(complaints(), []);
  await close();
});

test("with reduced motion nothing travels", async () => {
  const { page, complaints, close } = await opened({ still: true });
  const moving = await page.evaluate(async () => {
    const panel = document.querySelector("#attack");
    panel.querySelector("[data-deliver=forge]").click();
    while (panel.dataset.turn !== "2") await new Promise(requestAnimationFrame);
    return document.getAnimations().filter(({ effect }) => effect.getTiming().duration > 1).length;
  });
  assert.equal(moving, 0);
  assert.deepEqual(complaints(), []);
  await close();
});

test("what travelled can be taken to the inspector, byte by byte", async () => {
  const { page, complaints, close } = await opened({ still: true });
  await press(page, "tamper");
  await page.locator("#attack").getByRole("button", { name: "Copy", exact: true }).click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.match(copied, /"intent": "Publish the findings"/);
  await page.locator("#attack").getByRole("button", { name: "Inspect" }).click();
  await page.waitForSelector("#inspect [data-summary]");
  assert.equal(await page.locator("#inspect textarea").first().inputValue(), copied);
  assert.deepEqual(complaints(), []);
  await close();
});

test("starting over brings new keys and an empty table", async () => {
  const { page, complaints, close } = await opened({ still: true });
  await press(page, "tamper");
  const planner = await page.getAttribute("[data-id=planner]", "title");
  const seen = await after(page, () => page.getByRole("button", { name: "Start over" }).click());
  assert.equal(seen.rows, 1);
  assert.equal(seen.score, "No attack yet.");
  assert.notEqual(await page.getAttribute("[data-id=planner]", "title"), planner);
  assert.deepEqual(complaints(), []);
  await close();
});

test("the first screen shows the picture, every button and the verdict", async () => {
  const { page, complaints, close } = await opened();
  await press(page, "tamper");
  for (const place of [".stage", "[data-deliver=budget]", "[data-deliver=redirect]", "[data-verdict]"]) {
    const { y, height } = await page.locator(`#attack ${place}`).first().boundingBox();
    assert.ok(y >= 0 && y + height <= 800, `${place} ends at ${y + height}`);
  }
  assert.equal(await page.evaluate(() => scrollY), 0);
  assert.deepEqual(complaints(), []);
  await close();
});

test("on a phone it fits, buttons are wide enough for thumbs, and the picture comes into view", async () => {
  const { page, complaints, close } = await opened({ phone: true, still: true });
  await page.locator("[data-deliver=budget]").tap();
  await page.waitForSelector("#attack[data-turn='2']");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  const outcome = await page.locator("[data-outcome-of=gated]").boundingBox();
  assert.ok(outcome.y >= 0 && outcome.y + outcome.height <= 844, "the outcome is in view");
  const heights = (all) => all.map((button) => button.getBoundingClientRect().height);
  assert.ok((await page.locator("#attack button:visible").evaluateAll(heights)).every((height) => height >= 44));
  assert.deepEqual(complaints(), []);
  await close();
});

test("axe finds nothing, whatever is shown", async () => {
  for (const theme of ["light", "dark"]) {
    const { page, complaints, close } = await opened({ theme, still: true });
    for (const name of ["tamper", "redirect", "unreviewed", "approved"]) {
      await press(page, name);
      assert.deepEqual(await axe(page), [], `${name}, ${theme}`);
    }
    await page.getByRole("button", { name: "Edit by hand" }).click();
    assert.deepEqual(await axe(page), [], `the editor, ${theme}`);
    assert.deepEqual(complaints(), []);
    await close();
  }
});

test("pictures of it", async () => {
  await shots("attack", { hash: "attack" }, async (page) => {
    await page.waitForSelector("#attack[data-turn='1']");
    for (const name of ["tamper", "forge", "escalate"]) await press(page, name);
  });
});
