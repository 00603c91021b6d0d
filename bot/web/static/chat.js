// The talk without page loads. The server's HTML is whole without this file; here the same forms are caught, the same markup is
// cloned from <template id="t-message"> and filled with textContent, never with HTML. All that is kept is {id, secret}, in this tab.

import { telling } from "./telling.js";

const TIMEOUT_MS = 8000;
const [FIRST_WAIT_MS, LONGEST_WAIT_MS] = [500, 8000]; // before the line is opened again
const WORRY_MS = 1500; // then danger.js looks at the words itself
const WARN_FROM = 250; // characters left

const $ = (id) => document.getElementById(id);
const [list, field, spoken] = [$("messages"), $("text"), $("spoken")];
const texts = JSON.parse($("texts").textContent);
const page = document.documentElement;
const clone = (id) => $(id).content.cloneNode(true).firstElementChild;
const gone = () => page.classList.contains("gone"); // quick exit: exit.js has emptied the page
const fresh = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");

// ---- what the tab remembers -------------------------------------------------------------------------------------------------

let talk = kept();

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem("v"));
  } catch {
    return null; // forbidden: the talk lives as long as the page
  }
}

function keep(next) {
  talk = next;
  if (!gone()) $("delete").hidden = !talk;
  try {
    if (talk && !gone()) sessionStorage.setItem("v", JSON.stringify({ id: talk.id, secret: talk.secret }));
    else sessionStorage.removeItem("v");
  } catch {
    // As above.
  }
}

// ---- the server -------------------------------------------------------------------------------------------------------------

/** `status` 0: no answer in time. `detail`: the server's sentence for the person. `messages`: what it says all the same,
    such as the safety card when its database is down. */
class Failure extends Error {
  constructor(status, { detail = "", messages = [] } = {}) {
    super(detail);
    Object.assign(this, { status, detail, messages });
  }
}

async function call(method, path, body) {
  if (gone() && method !== "DELETE") throw new Failure(0);
  const headers = { Accept: "application/json", "Accept-Language": page.lang };
  if (talk) headers.Authorization = `Bearer ${talk.secret}`;
  if (body) headers["Content-Type"] = "application/json";
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), TIMEOUT_MS);
  try {
    const answer = await fetch(path.startsWith("/api/") ? path : `/api/conversations${path}`, {
      method, headers, body: body && JSON.stringify(body), signal: giveUp.signal, credentials: "omit", cache: "no-store",
    });
    const json = answer.status === 204 ? {} : await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Failure(answer.status, json);
    return json;
  } catch (error) {
    throw error instanceof Failure ? error : new Failure(0);
  } finally {
    clearTimeout(timer);
  }
}

/** Begin a talk unless there is one. A greeting goes above the message that was waiting for this. */
async function begin(before) {
  if (talk) return;
  const answer = await call("POST", "", { language: page.lang });
  keep({ id: answer.id, secret: answer.secret });
  if (gone()) return end(); // quick exit was faster than this answer and knew of no talk
  for (const message of answer.messages ?? []) list.insertBefore(render(message), before);
}

async function end() {
  try {
    await call("DELETE", `/${talk.id}`);
  } catch (error) {
    if (error.status !== 404) throw error; // gone already is what was asked for
  }
  keep(null);
}

// ---- markup -----------------------------------------------------------------------------------------------------------------

const LINK = /^(https?|tel|mailto):/;
const sample = { message: clone("t-message") };
for (const [name, at] of [["card", ".card"], ["choice", "[data-choice]"]]) {
  sample[name] = sample.message.querySelector(at);
  sample[name].remove();
}

/** A copy of a sample with its slots filled from `data`; an element whose field is empty goes. */
function filled(name, data) {
  const node = sample[name].cloneNode(true);
  for (const part of node.querySelectorAll("[data-if]")) if (!data[part.dataset.if]) part.remove();
  for (const part of node.querySelectorAll("[data-slot]")) {
    const value = data[part.dataset.slot];
    if (value) part.textContent = value;
    else part.remove();
  }
  for (const part of node.querySelectorAll("[data-href]")) {
    const value = data[part.dataset.href];
    if (LINK.test(value)) part.href = value;
    else part.removeAttribute("href");
  }
  return node;
}

const unlike = (danish, text) => (danish && danish !== text ? danish : "");

function card(c) {
  const node = filled("card", {
    ...c,
    name_da: unlike(c.name_da, c.name),
    description_da: unlike(c.description_da, c.description),
    email_uri: c.email && `mailto:${c.email}`,
  });
  const hours = node.querySelector(".hours");
  if (hours) hours.dataset.open = { true: "yes", false: "no" }[c.open] ?? "unknown";
  return node;
}

function choice(b) {
  const form = filled("choice", { title: b.title, title_da: unlike(b.title_da, b.title) });
  form.elements.title.value = b.title;
  form.elements.payload.value = b.payload;
  return form;
}

/** The list item for message `m`: the same as `message()` in _message.html. */
function render(m) {
  const node = filled("message", {
    from: texts[m.from],
    text: m.text,
    text_da: m.language === "da" ? "" : unlike(m.text_da, m.text),
    sourced: m.source || m.checked_text,
    source_text: m.source?.text,
    source_url: m.source?.url,
    source_plain: m.source && !m.source.url,
    checked_text: m.checked_text,
  });
  node.className = `message from-${m.from}${m.risk?.level === "acute" ? " acute" : ""}`;
  node.dataset.id = m.id ?? "";
  const text = node.querySelector(".text");
  const speech = { lang: m.language ?? "", dir: m.dir ?? "auto" };
  if (text) Object.assign(text, speech);
  const checked = node.querySelector("time");
  if (checked) checked.dateTime = m.checked ?? "";
  for (const [name, build] of [["cards", card], ["buttons", choice]]) {
    const holder = node.querySelector(`[data-list=${name}]`);
    Object.assign(holder, speech);
    if (m[name]?.length) holder.replaceChildren(...m[name].map(build));
    else holder.remove();
  }
  return node;
}

const shown = (id) => list.querySelector(`[data-id="${CSS.escape(id)}"]`);

/** Put messages on the page, each once. */
function show(messages, { aloud = true } = {}) {
  const news = [];
  for (const m of messages) {
    if (m.id && shown(m.id)) continue;
    const node = list.appendChild(render(m));
    if (m.from !== "citizen") news.push([m, node]);
  }
  document.body.className = list.childElementCount ? "talking" : "starting";
  if (!aloud || !news.length) return;
  speak(news.map(([m]) => m));
  news[0][1].scrollIntoView({ block: "start" });
}

/** Hand messages to the screen reader: the texts in their own language, the numbers, the choices. Adding new elements
    each time makes it speak also when the same sentence comes twice. */
function speak(messages) {
  const lines = messages.flatMap((m) => [
    [m.text, m.language, m.dir],
    ...(m.cards ?? []).map((c) => [`${c.name} ${c.phone}`, m.language, m.dir]),
    ...(m.buttons?.length ? [[`${texts.choices} ${m.buttons.map((b) => b.title).join(", ")}`, page.lang, page.dir]] : []),
  ]);
  say(...lines);
}

function say(...lines) {
  const made = lines.map(([text, lang = page.lang, dir = "auto"]) =>
    Object.assign(document.createElement("p"), { textContent: text, lang, dir }));
  spoken.append(...made);
  setTimeout(() => made.forEach((line) => line.remove()), 15000); // nobody should find it a second time when reading the page
}

// ---- sending ----------------------------------------------------------------------------------------------------------------

let queue = Promise.resolve(); // one after the other: the answers keep their order
let waiting = 0;

/** Show `message` {id, text, title} as sent and send it. A payload's `title` is what the person sees. */
function send(message) {
  problem("");
  const node = render({ id: message.id, from: "citizen", text: message.title ?? message.text });
  list.append(node);
  document.body.className = "talking";
  node.scrollIntoView({ block: "start" });
  deliver(message, node);
  return node;
}

function deliver(message, node) {
  node.querySelector(".unsent")?.remove();
  busy(+1);
  const turn = () => exchange(message, node).finally(() => busy(-1));
  queue = queue.then(turn, turn);
}

async function exchange(message, node) {
  const worry = setTimeout(() => unanswered(message), WORRY_MS);
  try {
    await begin(node);
    const answer = await call("POST", `/${talk.id}/messages`, message);
    for (const old of list.querySelectorAll(".trouble, .local")) old.remove();
    if (answer.deleted) leaveTalk(""); // the person asked for it in words; what follows says that it is done
    show(answer.messages);
    suggest(answer.language);
    watch(answer.messages);
  } catch (failure) {
    if (!gone()) unsent(message, node, talk ? failure : await withoutTalk(message, failure));
  } finally {
    clearTimeout(worry);
  }
}

/** No talk could be begun: what the server says to the message all the same, if it is there at all. */
async function withoutTalk(message, failure) {
  if (failure.status < 500) return failure;
  const answer = await call("POST", "/api/emergency", { text: message.text, language: page.lang }).catch(() => ({ messages: [] }));
  return new Failure(failure.status, { detail: failure.detail, messages: answer.messages });
}

/** Nobody has answered `message`: danger.js shows the safety card if it sees a reason. A choice is no cry for help. */
function unanswered(message) {
  if (!gone() && !message.title) document.dispatchEvent(new CustomEvent("unanswered", { detail: message.text }));
}

function unsent(message, node, failure) {
  const choices = clone("t-unsent");
  choices.querySelector("[data-do=again]").onclick = () => (field.focus(), list.append(node), deliver(message, node));
  choices.querySelector("[data-do=drop]").onclick = () => (field.focus(), node.remove());
  node.append(choices);
  if (failure.messages.length) show(failure.messages);
  else if (failure.status === 404) {
    keep(null); // sending again begins a new talk
    problem(texts.gone);
  } else if (failure.status >= 400 && failure.status < 500 && failure.detail) problem(failure.detail);
  else trouble();
  node.scrollIntoView({ block: "start" });
  if (!failure.messages.length) unanswered(message);
}

/** The service does not answer: say so, and put the numbers that came with the page in front of the person. */
function trouble() {
  list.querySelector(".trouble")?.remove();
  const block = clone("t-trouble");
  block.querySelector("[data-slot=why]").textContent = texts.offline;
  block.querySelector(".cards").append(...[...$("lines").querySelectorAll(".card")].map((c) => c.cloneNode(true)));
  list.append(block);
  say([texts.unsent], [block.innerText]);
}

function busy(change) {
  waiting += change;
  if (gone()) return;
  $("typing").hidden = !waiting;
  // Spoken only when it takes a while: most answers come at once.
  if (change > 0) setTimeout(() => waiting && !gone() && say([$("typing").textContent]), 1500);
}

function problem(sentence) {
  $("error").hidden = !sentence;
  $("error").textContent = sentence;
}

// ---- new messages without asking --------------------------------------------------------------------------------------------

let watching; // the line, while it is open or being opened again
let wait = FIRST_WAIT_MS;

/** Once a human has a part in the talk, messages come on their own: over a WebSocket, opened again whenever it breaks. */
function watch(messages) {
  if (!watching && messages.some((m) => m.from === "adviser" || m.from === "system")) listen();
}

function listen() {
  if (!talk || gone()) return stop();
  const { id, secret } = talk;
  const socket = new WebSocket(new URL(`/api/conversations/${id}/socket`, location.href.replace(/^http/, "ws")));
  watching = socket;
  socket.onopen = () => socket.send(JSON.stringify({ secret }));
  socket.onmessage = (event) => {
    if (watching !== socket || gone()) return;
    wait = FIRST_WAIT_MS;
    const news = JSON.parse(event.data);
    if (news.messages?.length) show(news.messages);
    else if (news.messages) catchUp();
    if (news.place) queued(news.text);
    else if (news.messages?.length) queued("");
    if (news.gone || news.status === 404) leaveTalk(texts.gone);
  };
  socket.onclose = () => {
    if (watching !== socket) return;
    watching = setTimeout(listen, wait);
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  };
}

/** What was said while the line was not open. */
async function catchUp() {
  try {
    const answer = await call("GET", `/${talk.id}`);
    // What the person wrote in this tab stands there already, under the id it was sent with.
    if (!waiting) show(answer.messages.filter((m) => m.from !== "citizen"));
  } catch (failure) {
    if (failure.status === 404) leaveTalk(texts.gone);
  }
}

/** The place in the queue, said when it changes. */
const queued = (sentence) => Object.assign($("place"), { textContent: sentence, hidden: !sentence });

function stop() {
  const line = watching;
  watching = undefined;
  if (line instanceof WebSocket) line.close();
  else clearTimeout(line);
}

/** The person writes another language than the page's: offer the page in it. */
function suggest(language) {
  const link = document.querySelector(`#languages a[hreflang="${CSS.escape(language ?? "")}"]`);
  $("tongue").querySelector("a")?.remove();
  $("tongue").hidden = !link || language === page.lang;
  if (link) $("tongue").append(link.cloneNode(true));
}

// ---- what the person does ---------------------------------------------------------------------------------------------------

function submit() {
  const text = field.value.trim();
  if (!text || length() > limit) return field.focus();
  const found = telling(text);
  if (found.length) return warn(text, found);
  write(text);
}

function write(text) {
  field.value = "";
  count();
  field.focus();
  if (text) send({ id: fresh(), text });
}

function warn(text, found) {
  const kind = ["cpr", "email", "phone"].find((k) => found.some(([f]) => f === k));
  $("warning-text").textContent = texts[kind];
  $("warning").hidden = false;
  const act = {
    without: () => {
      const rest = found.reduce((left, [, hit]) => left.replaceAll(hit, "…"), text);
      write(/[\p{L}\p{N}]/u.test(rest) ? rest : "");
    },
    anyway: () => write(text),
    edit: () => field.focus(),
  };
  for (const button of $("warning").querySelectorAll("[data-do]")) {
    button.onclick = () => (unwarn(), act[button.dataset.do]());
  }
  $("warning").querySelector("[data-do=without]").focus();
}

const unwarn = () => ($("warning").hidden = true);

const limit = Number(field.dataset.limit);
const length = () => [...field.value].length; // characters as the server counts them
let counting;

function count() {
  clearTimeout(counting);
  if (limit - length() > WARN_FROM) {
    $("counter").textContent = "";
    return;
  }
  counting = setTimeout(() => {
    if (gone()) return;
    const left = limit - length();
    $("counter").classList.toggle("over", left < 0);
    $("counter").textContent = (left < 0 ? texts.over : texts.left).replace("{count}", Math.abs(left));
  }, 300); // a screen reader speaks this: not at every key
}

field.addEventListener("input", () => (unwarn(), count()));
field.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  if (!event.repeat) submit();
});
$("warning").addEventListener("keydown", (event) => event.key === "Escape" && (unwarn(), field.focus()));
document.querySelector(".skip").addEventListener("click", (event) => (event.preventDefault(), field.focus()));

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  if (form.matches("#write")) return submit(); // not form.id: that is the hidden field of this name
  if (form.closest("#delete")) return leaveByChoice();
  if (!form.matches("[data-choice]")) return;
  const node = send({ id: fresh(), text: form.elements.payload.value, title: form.elements.title.value });
  // The first choices go away when the talk begins. Not into the field: on a phone the keyboard would cover the answer.
  if (form.closest(".starters")) {
    node.tabIndex = -1;
    node.focus({ preventScroll: true });
  }
});

// Another language: this page is replaced, and the tab's memory brings the talk along. Nothing is added to the history.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[hreflang]");
  if (!link) return;
  event.preventDefault();
  location.replace(link.href);
});

async function leaveByChoice() {
  try {
    if (talk) await end();
    leaveTalk(texts.deleted);
    $("error").focus(); // the pressed button is gone
  } catch {
    problem(texts.undeleted);
  }
}

/** Back to the first screen, with a sentence that says why. */
function leaveTalk(why) {
  stop();
  keep(null);
  list.replaceChildren();
  spoken.replaceChildren();
  $("delete").open = false;
  $("tongue").hidden = true;
  document.body.className = "starting";
  problem(why);
}

// ---- start ------------------------------------------------------------------------------------------------------------------

async function start() {
  const form = $("write").elements;
  // The page may come from a form that was sent before this script ran: then the talk is in it, and on the page.
  const posted = form.secret && { id: form.conversation.value, secret: form.secret.value };
  count();
  if (!posted && !talk) return;
  keep(posted || talk);
  try {
    const answer = await call("GET", `/${talk.id}`);
    show(answer.messages, { aloud: false });
    if (!posted) list.lastElementChild?.scrollIntoView({ block: "start" });
    suggest(answer.language);
    watch(answer.messages);
  } catch (failure) {
    if (failure.status === 404) leaveTalk(texts.gone);
    else trouble();
  }
}

// Wide enough for a column of its own: the numbers stand open beside the talk.
if (matchMedia("(min-width: 64rem)").matches) $("lines").open = true;
// In a frame other sites refuse to be shown: they get a tab.
if (window.top !== window) document.addEventListener("click", (event) => {
  const link = event.target.closest(".card a[rel], .source a");
  if (link) link.target = "_blank";
}, true);
start();
