// @ts-check
const STEPS = [
  { limit: 3600, unit: 60, noun: "minute" },
  { limit: 86_400, unit: 3600, noun: "hour" },
  { limit: 7 * 86_400, unit: 86_400, noun: "day" },
];
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
const WEEKDAY = new Intl.DateTimeFormat("en-GB", { weekday: "long", timeZone: "UTC" });
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", timeZone: "UTC" });

/** How long ago in words, as the server writes it. @param {Date} then @param {Date} at */
export function ago(then, at) {
  const seconds = (at.getTime() - then.getTime()) / 1000;
  if (seconds < 60) return "just now";
  const step = STEPS.find(({ limit }) => seconds < limit);
  if (!step) return DAY.format(then);
  const count = Math.floor(seconds / step.unit);
  return `${count} ${step.noun}${count === 1 ? "" : "s"} ago`;
}

/** The time of day, such as `15:40 UTC`. @param {Date} then */
export const clock = (then) => `${CLOCK.format(then)} UTC`;

/** A `time` element that stays true. @param {Date} then */
export function timeElement(then) {
  const element = document.createElement("time");
  element.dateTime = then.toISOString();
  element.dataset.ago = "";
  element.textContent = ago(then, new Date());
  return element;
}

function refresh() {
  const now = new Date();
  for (const element of /** @type {NodeListOf<HTMLTimeElement>} */ (document.querySelectorAll("time[data-ago]"))) {
    const then = new Date(element.dateTime);
    const words = ago(then, now);
    element.title = `${DAY.format(then)}, ${clock(then)}`;
    if (element.textContent !== words) element.textContent = words;
  }
  for (const element of document.querySelectorAll("time[data-today]")) {
    element.textContent = `${WEEKDAY.format(now)}, ${DAY.format(now)}`;
  }
}

/** Keep all relative times on the page true. */
export function startTimes() {
  refresh();
  setInterval(refresh, 30_000);
}
