/** One button for three themes: the system's, light, dark. */
const NEXT = { auto: "light", light: "dark", dark: "auto" };
const NAMES = { auto: "Auto", light: "Light", dark: "Dark" };
const SPOKEN = { auto: "Auto: the system's colours", light: "Light colours", dark: "Dark colours" };

/** Makes `button` change the theme, and keeps the choice in this browser if it may. */
export function wireTheme(button) {
  const root = document.documentElement;
  const show = (theme) => {
    button.textContent = NAMES[theme];
    button.setAttribute("aria-label", SPOKEN[theme]);
  };
  show(root.dataset.theme ?? "auto");
  button.addEventListener("click", () => {
    const theme = NEXT[root.dataset.theme ?? "auto"];
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    show(theme);
    try {
      if (theme === "auto") localStorage.removeItem("theme");
      else localStorage.setItem("theme", theme);
    } catch {
      // Not kept where storage is forbidden.
    }
    // Charts are drawn in colours read from the page.
    dispatchEvent(new Event("themechange"));
  });
}
