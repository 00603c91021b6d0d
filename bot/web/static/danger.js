// The third net. When the server does not answer, the words of a message are looked at here, and the safety card that came with
// the page is shown. Leans on no other script; chat.js only says that nobody has answered. The words: bot/advice/risk/compact.py.

const sample = document.getElementById("t-danger");
let known; // {letters, gap, patterns, terms}

// At once: later the server may be gone. A page without them still has its numbers.
if (sample?.dataset.words) read(sample.dataset.words).then((words) => { known = words; }).catch(() => {});

/** The words at `address`, their patterns made ready. */
export async function read(address) {
  const words = await (await fetch(address, { credentials: "omit" })).json();
  return { ...words, patterns: words.patterns.map((p) => expression(p, words.gap)) };
}

/** `text` as the words are written: lower case, no accents, letters that people write for one another made one. */
export function loosened(text, letters) {
  const plain = fold([...text.toLowerCase()].map((c) => letters[c] ?? c).join(""));
  return plain.match(/[\p{L}\p{N}_]+/gu)?.join(" ") ?? "";
}

function fold(text) {
  const danish = text.toLowerCase().replaceAll("æ", "ae").replaceAll("ø", "o").replaceAll("å", "a").replaceAll("oe", "o");
  return danish.replaceAll("aa", "a").normalize("NFKD").replace(/\p{M}/gu, "");
}

function expression(pattern, gap) {
  const literal = (word) => word.replace(/[\\^$.+?()[\]{}]/g, "\\$&").replaceAll("*", "\\S*");
  const parts = pattern.split(" ").map((word) => (word === "..." ? `(?:\\S+ ){0,${gap}}` : `(?:${word.split("|").map(literal).join("|")}) `));
  return new RegExp(` ${parts.join("")}`, "u");
}

/** Whether the words of `text` speak of danger. */
export function sees(text, { letters, patterns, terms }) {
  const plain = loosened(text, letters);
  const words = plain.split(" ").filter(Boolean);
  const found = new Set([...words, ...words.filter((w) => [...w].length > 5).map((w) => `${[...w].slice(0, 5).join("")}*`)]);
  words.slice(1).forEach((word, i) => found.add(`${words[i]} ${word}`));
  const score = ({ bias, weights }) => [...found].reduce((sum, term) => sum + (Object.hasOwn(weights, term) ? weights[term] : 0), bias);
  return terms.some((t) => score(t) > 0) || patterns.some((p) => p.test(` ${plain} `));
}

document.addEventListener("unanswered", (event) => {
  const list = document.getElementById("messages");
  if (!list || !known || !sees(event.detail, known)) return;
  list.querySelector(".local")?.remove();
  const card = sample.content.cloneNode(true).firstElementChild;
  card.classList.add("local");
  list.insertBefore(card, list.querySelector(".trouble")); // before the news that nobody answers, else at the end
  const spoken = document.getElementById("spoken");
  spoken?.append(Object.assign(document.createElement("p"), { textContent: card.querySelector(".text").textContent }));
  card.scrollIntoView({ block: "start" });
});
