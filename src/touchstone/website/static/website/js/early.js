// @ts-check
// Runs before the page is drawn, so that a reader's choice of colours does not flash.
(() => {
  try {
    const theme = localStorage.getItem("touchstone.theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch {
    // Storage may be forbidden; the device's colours are right then.
  }
})();
