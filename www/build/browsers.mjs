/** The oldest browsers that the pages are written for. `make test-old-browser` runs them in the oldest Chromium that Debian serves. */
export const BROWSERS = ["chrome120", "firefox115", "safari16.4"];
