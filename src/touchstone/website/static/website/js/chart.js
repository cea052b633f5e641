// @ts-check
// A line that reads a price chart: by pointer, by finger, or with the keys of a slider below it.

const STAMP = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", hour: "2-digit", minute: "2-digit", timeZone: "UTC" });

/** The place of the number nearest to a wanted one. @param {number[]} sorted @param {number} wanted */
export function nearest(sorted, wanted) {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low > 0 && wanted - sorted[low - 1] < sorted[low] - wanted ? low - 1 : low;
}

/** @param {number} count @param {(place: number) => void} show */
function slider(count, show) {
  const label = document.createElement("label");
  const words = document.createElement("span");
  const range = document.createElement("input");
  words.className = "visually-hidden";
  words.textContent = "Read the chart at";
  range.className = "plot-range";
  range.type = "range";
  range.max = String(count - 1);
  range.value = range.max;
  range.addEventListener("input", () => show(Number(range.value)));
  label.append(words, range);
  return { label, range };
}

/** @param {HTMLElement} plot */
function listen(plot) {
  let time = 0;
  const times = (plot.dataset.times ?? "").split(" ").map((step) => (time += Number(step)));
  const values = (plot.dataset.values ?? "").split("|");
  const area = plot.querySelector(".plot-area");
  const cross = plot.querySelector("[data-plot-cross]");
  const reading = /** @type {HTMLElement | null} */ (plot.querySelector("[data-plot-reading]"));
  if (!area || !cross || !reading || times.length < 2) return;
  const first = times[0];
  const width = times[times.length - 1] - first;

  /** @param {number} place */
  const show = (place) => {
    const x = `${((100 * (times[place] - first)) / width).toFixed(2)}%`;
    cross.setAttribute("x1", x);
    cross.setAttribute("x2", x);
    cross.setAttribute("visibility", "visible");
    reading.textContent = `${STAMP.format(new Date(times[place] * 1000))} UTC: ${values[place]}`;
    range.value = String(place);
    range.setAttribute("aria-valuetext", reading.textContent);
  };
  const { label, range } = slider(times.length, show);
  reading.hidden = false;
  reading.textContent = `Latest: ${values[values.length - 1]}`;
  range.setAttribute("aria-valuetext", reading.textContent);
  reading.before(label);
  area.addEventListener("pointermove", (event) => {
    const box = area.getBoundingClientRect();
    const share = (/** @type {PointerEvent} */ (event).clientX - box.left) / box.width;
    show(nearest(times, first + share * width));
  });
}

/** Let every chart on the page be read. */
export function startCharts() {
  for (const plot of document.querySelectorAll("[data-plot]")) listen(/** @type {HTMLElement} */ (plot));
}
