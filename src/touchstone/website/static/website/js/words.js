// @ts-check
// A story's trust in words, as the server writes them.

/**
 * @typedef {{ story: number, real: number, fake: number, share: number | null, index: number, low: number,
 *   high: number, confidence: string, label: string, attack_price: number | null, effective_votes: number,
 *   review: string, last_vote_at: string | null }} Trust
 */

const QUORUM = 10;
const LABELS = /** @type {Record<string, string>} */ ({
  verified: "Verified",
  likely_real: "Likely real",
  mixed_opinions: "Mixed opinions",
  contested: "Contested",
  highly_contested: "Highly contested",
  gathering_votes: "Gathering votes",
  under_review: "Under review",
});
const CONFIDENCES = /** @type {Record<string, string>} */ ({ high: "High", moderate: "Moderate", low: "Low" });
const REVIEWS = /** @type {Record<string, string>} */ ({
  keys_disagree:
    "Readers with a proven record and all the others point to different sides. Until they agree, or an editor settles the story, it has no label.",
  newcomers_disagree:
    "Only newcomers carry this side; the settled readers do not stand on it. So it has no label.",
  turned:
    "The votes now point the other way than the label that was out. To turn it takes a wide lead and the proven readers; until then it has no label.",
  unwitnessed: "There are votes enough, but too few readers with a proven record stand on their side yet.",
});

/** @param {number} count @param {string} noun */
export const counted = (count, noun) => `${count.toLocaleString("en-US")} ${noun}${count === 1 ? "" : "s"}`;

/** The real votes in per cent; never 100 or 0 while somebody disagrees. @param {Trust} trust */
export function realPct({ real, fake }) {
  if (!real && !fake) return 0;
  const whole = Math.round((100 * real) / (real + fake));
  if (fake && whole === 100) return 99;
  return real && whole === 0 ? 1 : whole;
}

/** Every text that a page shows of a story's trust, by the name of its place. @param {Trust} trust */
export function words(trust) {
  const votes = trust.real + trust.fake;
  const real = realPct(trust);
  const gathering = trust.label === "gathering_votes";
  const [index, low, high] = [trust.index, trust.low, trust.high].map((value) => String(Math.round(value)));
  const gathered = Math.min(Math.floor(trust.effective_votes), QUORUM);
  const share = votes ? `${real} % Real` : "No votes yet";
  const missing = trust.review === "unwitnessed" ? "proven readers missing" : `${gathered} of ${QUORUM}`;
  const label = gathering ? `Gathering votes: ${missing}` : (LABELS[trust.label] ?? trust.label);
  const confidence = `${CONFIDENCES[trust.confidence] ?? trust.confidence} confidence`;
  return {
    share,
    sentence:
      REVIEWS[trust.review] ??
      (gathering
        ? `A label needs ${QUORUM} independent votes. Until then the share says little.`
        : `Of 100 independent readers, about ${index} would call this story real. ` +
          `In 19 of 20 cases the truth lies between ${low} and ${high}.`),
    description: gathering
      ? `${label}. ${share}.`
      : `Trust index ${index} of 100, 95 % interval ${low}–${high}: ${label}, ${confidence.toLowerCase()}. ` +
        `${real} % of ${counted(votes, "vote")} say real.`,
    shares: votes ? `${real} % Real / ${100 - real} % Fake` : "No votes yet",
    votes: counted(votes, "vote"),
    signals: counted(votes, "community signal"),
    real: String(trust.real),
    fake: String(trust.fake),
    label,
    confidence,
    index,
    interval: `(${low}–${high})`,
    change:
      gathering || trust.attack_price === null
        ? ""
        : `${counted(trust.attack_price, "vote")} would change this label`,
  };
}
