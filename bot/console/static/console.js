// Everything works without this file. It fetches the lists or the talk anew when something has happened, sends without leaving
// the page, and alarms: by sound and in the title, never with words of a person.

const part = document.getElementById("part");
const line = document.getElementById("line");
const alarm = document.getElementById("alarm");
const sound = document.getElementById("sound");
const title = document.title;
const here = part?.dataset.conversation;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 15000;
const NEAR_END_PX = 80;
const SHOUT_MS = 60000;
let unseen = 0;
let quiet;
let [asked, shown] = [0, 0];
let gone = false;

const parsed = (html) => new DOMParser().parseFromString(html, "text/html");

/** The lists or the talk as they are now, in place of the old ones. */
async function fetchPart() {
  if (!part || gone) return;
  const turn = ++asked;
  const answer = await fetch(part.dataset.part, { cache: "no-store", redirect: "error" }).catch(() => null);
  if (!answer) return;
  if (answer.status === 401) return signedOut();
  if (answer.status === 204) return moved();
  if (!answer.ok) return;
  const fresh = parsed(await answer.text()).body;
  if (turn < shown) return; // a later one was faster
  shown = turn;
  const waited = count();
  // Do not take the button away from under a hand: after it has moved on.
  if (part !== document.activeElement && part.contains(document.activeElement)) part.addEventListener("focusout", () => setTimeout(fetchPart), { once: true });
  else put(fresh);
  if (Number(fresh.querySelector("#waiting")?.dataset.count) > waited) beep();
  const state = fresh.querySelector("#state")?.dataset.state;
  if (state && state !== part.dataset.state) moved();
}

function signedOut() {
  if (document.getElementById("text")?.value.trim()) fault("Du er logget ud. Kopiér din tekst, og log ind igen.");
  else location.assign("/log-ind");
}

const count = () => Number(document.getElementById("waiting")?.dataset.count ?? Infinity);

/** Each part in its place; what has not changed stays as it is, with its crosses and open folds. */
function put(fresh) {
  const parts = [...fresh.querySelectorAll(":scope > [data-of]")];
  if (!parts.length) return replace(part, fresh);
  for (const one of parts) replace(document.querySelector(`main [data-of="${one.dataset.of}"]`), one);
}

const as = new WeakMap(); // what was put there last, as it came
for (const place of document.querySelectorAll("main [data-of]")) as.set(place, place.innerHTML);

function replace(place, fresh) {
  if (!place || as.get(place) === fresh.innerHTML) return;
  as.set(place, fresh.innerHTML);
  const open = new Set([...place.querySelectorAll("details[open][data-key]")].map((d) => d.dataset.key));
  for (const details of fresh.querySelectorAll("details[data-key]")) details.open ||= open.has(details.dataset.key);
  const reading = place.scrollHeight - place.scrollTop - place.clientHeight > NEAR_END_PX;
  place.replaceChildren(...fresh.childNodes);
  if (place === part && !reading) toEnd();
}

/** The newest message in sight; not for somebody who reads further up. */
function toEnd() {
  part.scrollTop = part.scrollHeight;
}

/** Somebody else has the conversation now, or nobody: the page around the talk is no longer true. */
function moved() {
  const text = document.getElementById("text");
  if (text?.value.trim()) line.textContent = "Der er sket noget med samtalen. Kopiér din tekst, og genindlæs siden.";
  else location.reload();
}

function left() {
  gone = true;
  line.textContent = "Personen har forladt samtalen.";
  for (const place of document.querySelectorAll("main [data-of]")) place.replaceChildren();
  for (const button of document.querySelectorAll("main button")) button.disabled = true;
}

function shout(text) {
  clearTimeout(quiet);
  quiet = setTimeout(() => (alarm.hidden = true), SHOUT_MS);
  alarm.hidden = false;
  alarm.textContent = text;
  beep(3);
}

function hear(news) {
  if (news.left && news.left === here) return left();
  const me = line.dataset.me;
  if (news.alarm === "acute") shout(news.conversation === here ? "Akut fare i denne samtale." : "Akut fare i en samtale. Se bordet.");
  if (news.call && news.by !== me) shout(`${news.call} har brug for en kollega. Se bordet.`);
  if (news.asked) shout("En kollega spørger, om du kan tage over. Se bordet.");
  if (news.given) shout("Du har fået en samtale. Se bordet.");
  if (news.coming) shout(`${news.coming} kommer.`);
  const own = document.getElementById("own")?.dataset.ids.split(" ") ?? [here];
  if (news.wrote && own.includes(news.wrote)) beep();
  if (document.hidden && (news.wrote || news.alarm || news.call || news.changed)) document.title = `(${++unseen}) ${title}`;
  fetchPart();
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  unseen = 0;
  document.title = title;
});

// ---- sound: off until it is switched on, remembered in this tab only

const SOUND = "lyd";
let audio;

function beep(times = 1) {
  if (sessionStorage.getItem(SOUND) !== "til") return;
  audio ??= new AudioContext();
  for (let i = 0; i < times; i++) {
    const tone = new OscillatorNode(audio, { frequency: 660 });
    const soft = new GainNode(audio, { gain: 0.08 });
    tone.connect(soft).connect(audio.destination);
    tone.start(audio.currentTime + i * 0.3);
    tone.stop(audio.currentTime + i * 0.3 + 0.15);
  }
}

function showSound() {
  const on = sessionStorage.getItem(SOUND) === "til";
  sound.setAttribute("aria-pressed", String(on));
  sound.textContent = on ? "Lyd er slået til" : "Lyd er slået fra";
}

if (sound) {
  sound.hidden = false;
  showSound();
  sound.addEventListener("click", () => {
    sessionStorage.setItem(SOUND, sessionStorage.getItem(SOUND) === "til" ? "fra" : "til");
    showSound();
    beep();
  });
}

// ---- forms that leave the page as it is: what is written in another field stays there

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("[data-quiet]")) return;
  event.preventDefault();
  const button = event.submitter;
  if (button) button.disabled = true;
  const fields = new FormData(form, button);
  const answer = await fetch(form.action, { method: "POST", body: fields, redirect: "manual" }).catch(() => null);
  if (button) button.disabled = gone;
  if (answer?.status === 401) return fault("Du er logget ud. Kopiér din tekst, og log ind igen.");
  if (!answer) return fault("Vi ved ikke, om det blev sendt. Se i samtalen, før du prøver igen.");
  // A redirect is how the console says that it is done.
  if (answer.type !== "opaqueredirect") return fault(parsed(await answer.text()).querySelector(".fault")?.textContent ?? "Det blev ikke sendt.");
  fault("");
  form.reset();
  if (document.activeElement === button && part.contains(button)) button.blur();
  fetchPart();
});

function fault(text) {
  document.querySelector("main > .fault")?.remove();
  if (!text) return;
  const says = Object.assign(document.createElement("p"), { className: "fault", textContent: text });
  says.setAttribute("role", "alert");
  document.getElementById("main").prepend(says);
}

// ---- the line

let wait = FIRST_WAIT_MS;

function connect() {
  const socket = new WebSocket(new URL(line.dataset.live, location.href.replace(/^http/, "ws")));
  socket.onopen = () => {
    wait = FIRST_WAIT_MS;
    if (!gone) line.textContent = "Forbundet";
    fetchPart();
  };
  socket.onmessage = (event) => hear(JSON.parse(event.data));
  socket.onclose = () => {
    if (!gone) line.textContent = "Forbindelsen er brudt. Prøver igen …";
    setTimeout(connect, (wait = Math.min(wait * 2, LONGEST_WAIT_MS)));
    fetchPart();
  };
}

if (line) connect();
if (here) toEnd();

// ---- the phrase book

const search = document.getElementById("search");
const phrases = document.getElementById("phrase");
if (search) {
  const all = [...phrases.options];
  search.addEventListener("input", () => {
    const words = search.value.toLocaleLowerCase("da").split(/\s+/).filter(Boolean);
    phrases.replaceChildren(...all.filter((o) => words.every((w) => o.text.toLocaleLowerCase("da").includes(w))));
  });
}
