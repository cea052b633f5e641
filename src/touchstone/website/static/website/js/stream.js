// @ts-check
// One event stream for the whole page. Others listen to `touchstone:tick`, `touchstone:trust` and `touchstone:stream`.

const ADDRESS = "/stream";
const RETRY_S = { first: 2, most: 60 };
const SILENCE_S = 45;
// A tab that nobody looks at needs no stream; short looks elsewhere do not end it.
const HIDDEN_S = 30;
const CATCH_UP_WITHIN_S = 5;
const MOST_STORIES = 10;

let source = /** @type {EventSource | null} */ (null);
let wait_s = RETRY_S.first;
let heard_at = 0;
let last_id = "";
let retry = /** @type {number | undefined} */ (undefined);
let leave = /** @type {number | undefined} */ (undefined);

/** @param {string} name @param {unknown} detail */
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(`touchstone:${name}`, { detail }));

/** @param {"open" | "lost" | "paused" | "garbled"} state */
function say(state) {
  document.documentElement.dataset.stream = state;
  tell("stream", { state });
}

/** @param {string} name */
const pass = (name) => (/** @type {MessageEvent<string>} */ message) => {
  heard_at = Date.now();
  last_id = message.lastEventId || last_id;
  try {
    tell(name, JSON.parse(message.data));
  } catch {
    say("garbled");
  }
};

/** What was missed is no longer remembered: the stories are asked for anew; not by all readers in the same second. */
function catchUp() {
  heard_at = Date.now();
  const stories = new Set([...document.querySelectorAll("[data-story]")].map((place) => Number(place.getAttribute("data-story"))));
  setTimeout(async () => {
    for (const story of [...stories].slice(0, MOST_STORIES)) {
      const answer = await fetch(`/api/v1/stories/${story}/trust`).catch(() => null);
      if (answer?.ok) tell("trust", await answer.json());
    }
  }, Math.random() * CATCH_UP_WITHIN_S * 1000);
}

function open() {
  close();
  if (document.hidden) return;
  source = new EventSource(last_id ? `${ADDRESS}?after=${encodeURIComponent(last_id)}` : ADDRESS);
  heard_at = Date.now();
  source.addEventListener("open", () => {
    wait_s = RETRY_S.first;
    heard_at = Date.now();
    say("open");
  });
  for (const name of ["tick", "trust", "heartbeat"]) source.addEventListener(name, pass(name));
  source.addEventListener("resync", catchUp);
  source.addEventListener("error", () => {
    say("lost");
    // While it is connecting the browser tries again by itself; refused with an error, it gives up.
    if (source?.readyState === EventSource.CLOSED) again();
  });
}

function close() {
  clearTimeout(retry);
  clearTimeout(leave);
  source?.close();
  source = null;
}

function again() {
  close();
  retry = setTimeout(open, wait_s * 1000 * (0.75 + Math.random() / 2));
  wait_s = Math.min(RETRY_S.most, wait_s * 2);
}

function check() {
  const silent = Date.now() - heard_at > SILENCE_S * 1000;
  if (source && silent && source.readyState === EventSource.OPEN) {
    say("lost");
    again();
  }
}

function pause() {
  close();
  say("paused");
}

function resume() {
  clearTimeout(leave);
  if (!source) open();
}

/** Open the stream while the page is in sight and keep it open. */
export function startStream() {
  open();
  setInterval(check, 10_000);
  addEventListener("pagehide", pause);
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    resume();
    // Nothing was heard before the page was left, so the newsroom cannot know what was missed.
    if (!last_id) catchUp();
  });
  addEventListener("online", resume);
  addEventListener("offline", pause);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) leave = setTimeout(pause, HIDDEN_S * 1000);
    else resume();
  });
}
