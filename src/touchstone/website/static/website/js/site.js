// @ts-check
import { startStream } from "./stream.js";
import { startTheme } from "./theme.js";
import { startPrices, startTicker } from "./ticker.js";
import { startTimes } from "./times.js";
import { startTrust } from "./trust.js";

const theme = document.querySelector("[data-theme-switch]");
if (theme instanceof HTMLButtonElement) startTheme(theme);
const strip = document.querySelector("[data-ticker]");
if (strip instanceof HTMLElement) startTicker(strip);
startTimes();
startPrices();
startTrust();
if (strip || document.querySelector("[data-story]")) startStream();
if (document.querySelector("[data-vote]")) import("./vote.js").then(({ startVote }) => startVote());
if (document.querySelector("[data-plot]")) import("./chart.js").then(({ startCharts }) => startCharts());
if (document.querySelector("[data-sorting]")) import("./sort.js").then(({ startSorting }) => startSorting());
