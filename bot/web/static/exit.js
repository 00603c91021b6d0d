// Quick exit: a blank screen at once, everything wiped, another page in place of this one. Asks nothing, waits for nothing,
// leans on no other script: it must work when chat.js does not. Without any script #exit is an ordinary link.

const PRESSES = 3;
const WITHIN_MS = 5000;

const root = document.documentElement;
const link = document.getElementById("exit");
const status = document.getElementById("exit-status");

function leave() {
  // First what eyes and screen readers meet. The class covers the page; `hidden` does it when the style sheet is missing.
  root.classList.add("gone");
  document.body.hidden = true;
  const away = link.href;
  const talk = conversation();
  forget();
  if (talk) end(talk);
  if (window.top === window) location.replace(away);
  else leaveFrame(away);
}

/** The talk as chat.js left it in this tab, or as the server wrote it into the form. */
function conversation() {
  try {
    const kept = JSON.parse(sessionStorage.getItem("v"));
    if (kept?.id) return kept;
  } catch {
    // Storage is forbidden or holds something else: look in the form.
  }
  const field = (name) => document.querySelector(`#write [name=${name}]`)?.value;
  return field("secret") ? { id: field("conversation"), secret: field("secret") } : null;
}

function forget() {
  try {
    sessionStorage.clear();
  } catch {
    // Forbidden storage holds nothing.
  }
  for (const field of document.querySelectorAll("textarea, input")) field.value = "";
  document.body.replaceChildren();
}

/** `keepalive`: the browser finishes this after the page has gone. */
function end({ id, secret }) {
  fetch(`/api/conversations/${encodeURIComponent(id)}`, {
    method: "DELETE",
    headers: { Authorization: `Bearer ${secret}` },
    credentials: "omit",
    keepalive: true,
  }).catch(() => {});
}

function leaveFrame(away) {
  try {
    window.top.location.replace(away);
  } catch {
    // The frame may not steer the page around it: tell that page, and nothing more than that.
    window.parent.postMessage({ type: "vejviser-exit" }, "*");
  }
}

// A click with Ctrl or the middle button would leave this page readable behind a new tab.
for (const kind of ["click", "auxclick"]) {
  link.addEventListener(kind, (event) => {
    if (event.button > 1) return;
    event.preventDefault();
    leave();
  });
}

let presses = [];
let shiftAlone = false;
let forgetPresses;

function show(count) {
  link.dataset.presses = count;
  status.textContent = count === 1 ? link.dataset.two : count === 2 ? link.dataset.one : "";
}

addEventListener("keydown", (event) => {
  if (event.key !== "Shift") shiftAlone = false; // Shift + a: a capital letter, no signal
  else if (!event.repeat) shiftAlone = true;
});
addEventListener("pointerdown", () => (shiftAlone = false));
addEventListener("keyup", (event) => {
  if (event.key !== "Shift" || !shiftAlone) return;
  shiftAlone = false;
  presses = [...presses.filter((at) => event.timeStamp - at < WITHIN_MS), event.timeStamp];
  show(presses.length);
  clearTimeout(forgetPresses);
  if (presses.length >= PRESSES) leave();
  else forgetPresses = setTimeout(() => ((presses = []), show(0)), WITHIN_MS);
});

// Back may bring the page from the browser's memory: begin afresh instead (the same address, never a form sent again).
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  document.body.hidden = true;
  location.replace(location.href.split("#")[0]);
});
