// @ts-check
// One event stream for the whole page. Others listen to `touchstone:tick`, `touchstone:trust` and `touchstone:stream`.

const ADDRESS = "/stream";
const RETRY_S = { first: 2, most: 60 };
const SILENCE_S = 45;

let source = /** @type {EventSource | null} */ (null);
let wait_s = RETRY_S.first;
let heard_at = 0;

/** @param {string} name @param {unknown} detail */
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(`touchstone:${name}`, { detail }));

/** @param {string} name */
const pass = (name) => (/** @type {MessageEvent<string>} */ message) => {
  heard_at = Date.now();
  try {
    tell(name, JSON.parse(message.data));
  } catch {
    tell("stream", { state: "garbled" });
  }
};

function open() {
  close();
  source = new EventSource(ADDRESS);
  heard_at = Date.now();
  source.addEventListener("open", () => {
    wait_s = RETRY_S.first;
    heard_at = Date.now();
    tell("stream", { state: "open" });
  });
  for (const name of ["tick", "trust", "heartbeat"]) source.addEventListener(name, pass(name));
  source.addEventListener("error", () => {
    tell("stream", { state: "lost" });
    if (source?.readyState === EventSource.CLOSED) again();
  });
}

function close() {
  source?.close();
  source = null;
}

function again() {
  close();
  setTimeout(open, wait_s * 1000 * (0.75 + Math.random() / 2));
  wait_s = Math.min(RETRY_S.most, wait_s * 2);
}

function check() {
  const silent = Date.now() - heard_at > SILENCE_S * 1000;
  if (source && silent && source.readyState === EventSource.OPEN) again();
}

/** Open the stream while the page is in sight and keep it open. */
export function startStream() {
  open();
  setInterval(check, 10_000);
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => event.persisted && open());
}
