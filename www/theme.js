/** Runs before the first paint, so that a chosen theme does not flash. The name is one of three, or it is ignored. */
try {
  const theme = localStorage.getItem("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; then the system's theme stands.
}
