// @ts-check
import { recall, remember } from "./store.js";

const ORDER = /** @type {const} */ (["auto", "light", "dark"]);
const WORDS = { auto: "as your device", light: "light", dark: "dark" };

/** Let a button step through the device's colours, light and dark. @param {HTMLButtonElement} button */
export function startTheme(button) {
  const name = button.querySelector("[data-theme-name]");
  let theme = ORDER.find((known) => known === recall("theme")) ?? "auto";
  const show = () => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    if (name) name.textContent = `Colours: ${WORDS[theme]}`;
    button.title = `Colours: ${WORDS[theme]}`;
  };
  button.addEventListener("click", () => {
    theme = ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length];
    remember("theme", theme === "auto" ? null : theme);
    show();
  });
  button.hidden = false;
  show();
}
