import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** Makes a directory and those above it. Node's own recursion never ends where the system makes none, as in `/proc`. */
export async function makeDirectory(path, mode) {
  if (await made(path, mode)) return;
  await makeDirectory(dirname(path), mode);
  if (!(await made(path, mode))) throw Object.assign(new Error(`ENOENT: no directory can be made, mkdir '${path}'`), { code: "ENOENT", syscall: "mkdir" });
}

/** Whether the directory is there now; false where one above it is missing. */
async function made(path, mode) {
  try {
    await mkdir(path, { mode });
    return true;
  } catch (error) {
    if (error.code === "ENOENT" && dirname(path) !== path) return false;
    // Also what is read-only, or a mount point, may be there already.
    if ((await stat(path).catch(() => null))?.isDirectory() === true) return true;
    throw error;
  }
}
