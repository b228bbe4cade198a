/**
 * Runs before all else in the head: a chosen theme does not flash (the name is one of three, or it is ignored), and a sheet or script
 * of the page that did not come is asked for again, at another address.
 */
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; then the system's theme stands.
}

addEventListener(
  "error",
  ({ target }) => {
    const from = { LINK: "href", SCRIPT: "src" }[target.tagName];
    const attempt = Number(target.dataset?.attempt ?? 1) + 1;
    if (from === undefined || target.rel === "preload" || attempt > 3) return;
    const again = document.createElement(target.tagName);
    for (const { name, value } of target.attributes) again.setAttribute(name, value);
    const address = target[from].replace(/\?.*/, "");
    again.dataset.attempt = attempt;
    again[from] = `${address}?attempt-${attempt}${/\.\w+$/.exec(address)}`;
    setTimeout(() => target.replaceWith(again), 250 * (attempt - 1));
  },
  true,
);
