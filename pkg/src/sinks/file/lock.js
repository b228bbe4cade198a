/**
 * One writer a log, among all processes: a file beside it says who it is. A process that was killed leaves that file behind, so it
 * names the process such that no later one can be taken for it.
 */
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { link, open, readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname, uptime } from "node:os";
import { configInvalid, errorFor } from "../../errors.js";

/** Rounds after which whoever holds the lock has changed often enough. */
const MAX_ROUNDS = 20;

/** @returns {Promise<{ release: () => Promise<void> }>} */
export async function lock(path, what) {
  const mine = await ownRecord();
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    if (await create(path, mine)) return held(path, mine);
    const holder = await holderOf(path);
    if (holder === null) continue;
    await mustBeDead(holder, path, what);
    if (await takeOver(path, holder, mine, what)) return held(path, mine);
  }
  throw errorFor("audit_unavailable", `\`${path}\` changes hands all the time: more than one process tries to write ${what}`);
}

function held(path, mine) {
  return {
    async release() {
      if ((await holderOf(path).catch(() => null))?.token === mine.token) await rm(path, { force: true });
    },
  };
}

/**
 * Puts `mine` in the place of a dead holder. Of several who try, one makes the claim, which bears the name of that holder; whoever
 * comes late with it finds another holder and gives it up.
 */
async function takeOver(path, holder, mine, what) {
  const claim = await lock(`${path}.${holder.token}`, what);
  try {
    if ((await holderOf(path))?.token !== holder.token) return false;
    const file = `${path}.${mine.token}.new`;
    await writeFile(file, JSON.stringify(mine), { flag: "wx" });
    await rename(file, path);
    return true;
  } finally {
    await claim.release();
  }
}

/** Makes the file with all that it says, or not at all. */
async function create(path, mine) {
  const file = `${path}.${mine.token}.new`;
  await writeFile(file, JSON.stringify(mine), { flag: "wx" });
  try {
    await link(file, path);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    // A file system without links.
    return await createPlainly(path, mine);
  } finally {
    await rm(file, { force: true });
  }
}

async function createPlainly(path, mine) {
  try {
    const file = await open(path, "wx");
    await file.writeFile(JSON.stringify(mine));
    await file.close();
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

async function holderOf(path) {
  let text;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return null;
    throw error;
  }
  try {
    const { pid, started, boot, host, token } = JSON.parse(text);
    if (!Number.isSafeInteger(pid) || typeof host !== "string" || !/^[0-9a-f-]{36}$/.test(token)) throw new TypeError("not a lock");
    return { pid, started, boot, host, token };
  } catch {
    throw configInvalid(`\`${path}\` stands where the lock of the log belongs, and is none; remove it if no process writes the log`, "path");
  }
}

async function mustBeDead(holder, path, what) {
  const { pid, host } = holder;
  if (host !== hostname()) {
    const message = `process ${pid} on the host \`${shown(host)}\` writes ${what}; whether it still runs cannot be seen from here: if it does not, remove \`${path}\``;
    throw errorFor("audit_unavailable", message);
  }
  if (!(await isAlive(holder))) return;
  if (pid === process.pid) throw configInvalid(`this process (${pid} on the host \`${shown(host)}\`) writes ${what} already`, "path");
  throw errorFor("audit_unavailable", `process ${pid} on the host \`${shown(host)}\` writes ${what}; a log has one writer`);
}

/** Whether the very process runs: its number may be another's by now, on a system that was started anew since. */
async function isAlive({ pid, started, boot }) {
  const now = await bootOf();
  if (typeof boot === "string" && boot !== now && !isNear(boot, now)) return false;
  const since = await startOf(pid);
  if (since === undefined) return false;
  return since === null || typeof started !== "string" || since === started;
}

async function ownRecord() {
  const [started, boot] = await Promise.all([startOf(process.pid), bootOf()]);
  return { pid: process.pid, started: started ?? null, boot, host: hostname(), token: randomUUID(), since: new Date().toISOString() };
}

/** Which start of the system this is: its id on Linux, elsewhere about when it was. */
async function bootOf() {
  const id = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
  return id.trim() || `~${Math.round(Date.now() / 1000 - uptime())}`;
}

/** Clocks are set: times of one start may differ by a little. */
function isNear(one, other) {
  return one.startsWith("~") && other.startsWith("~") && Math.abs(one.slice(1) - other.slice(1)) < 60;
}

/** When a process began, as the system tells it; null where it does not, undefined where there is no such process. */
async function startOf(pid) {
  if (process.platform === "linux") {
    const text = await readFile(`/proc/${pid}/stat`, "utf8").catch((error) => (error.code === "ENOENT" || error.code === "ESRCH" ? undefined : null));
    if (typeof text !== "string") return text;
    // The name before may hold anything, parentheses too.
    const [state, ...fields] = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return state === "Z" || state === "X" ? undefined : fields[18];
  }
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (error.code === "ESRCH") return undefined;
  }
  if (process.platform === "win32") return null;
  return new Promise((resolve) => {
    execFile("ps", ["-o", "lstart=", "-p", String(pid)], { env: { ...process.env, LC_ALL: "C", TZ: "UTC" } }, (error, out) => resolve(error === null ? out.trim() || null : null));
  });
}

function shown(host) {
  return host.slice(0, 255).replace(/[^\x20-\x7e]/g, "?");
}
