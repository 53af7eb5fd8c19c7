// Two minutes before a login ends, a dialog offers to stay. The server knows the time left, because
// another tab may be in use: the page asks before it shows the dialog, and while it is open.
// Asking does not extend the login.

const dialog = document.querySelector("[data-stay]");
// Seconds. WCAG 2.2, 2.2.1 asks for at least 20 to answer.
const LEAD = 120;
const PAUSE = 15;

let end = Date.now() + Number(dialog?.dataset.stay) * 1000;
let due = 0;
let timer;
let dismissed = false;

function later(seconds) {
  const wait = Math.max(seconds, 1) * 1000;
  due = Date.now() + wait;
  clearTimeout(timer);
  timer = setTimeout(look, wait);
}

async function ask(address, options) {
  const answer = await fetch(address, { redirect: "error", ...options });
  if (!answer.ok) throw new Error(answer.statusText);
  return answer.json();
}

async function look() {
  try {
    show(await ask(dialog.dataset.ask));
  } catch {
    // A lost network: nobody can use another tab either.
    if (Date.now() > end) turn("over");
    else later(PAUSE);
  }
}

function show({ left, final, words }) {
  end = Date.now() + left * 1000;
  if (left <= 0) {
    turn("over");
  } else if (left > LEAD) {
    dismissed = false;
    dialog.dataset.now = "";
    dialog.close();
    later(left - LEAD);
  } else {
    if (!(final && dismissed)) turn(final ? "final" : "soon", words);
    later(Math.min(left + 1, PAUSE));
  }
}

function turn(when, words) {
  const changed = dialog.dataset.now !== when;
  dialog.dataset.now = when;
  for (const part of dialog.querySelectorAll("[data-when]")) {
    part.hidden = part.dataset.when !== when;
    if (!part.hidden && words) part.querySelector("[data-words]").textContent = words;
  }
  // Named before it opens, so that it is read out once.
  dialog.setAttribute("aria-labelledby", `stay-${when}`);
  dialog.setAttribute("aria-describedby", `stay-${when}-words`);
  if (when === "over") clearTimeout(timer);
  if (!dialog.open) dialog.showModal();
  if (changed) dialog.querySelector(`[data-when=${when}] :is(a, button)`).focus();
}

async function stay(form) {
  try {
    const body = new URLSearchParams(new FormData(form));
    show(await ask(form.action, { method: "POST", body }));
  } catch {
    look();
  }
}

if (dialog?.showModal) {
  const form = dialog.querySelector("form");
  form.addEventListener("submit", (event) => {
    // "Log out" goes to an address of its own.
    if (event.submitter?.hasAttribute("formaction")) return;
    event.preventDefault();
    // The page's own listener would disable the button.
    event.stopPropagation();
    stay(form);
  });
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("cancel", (event) => {
    // Escape is a person too.
    if (dialog.dataset.now !== "soon") return;
    event.preventDefault();
    stay(form);
  });
  dialog.addEventListener("close", () => {
    if (dialog.dataset.now === "final") dismissed = true;
    if (dialog.dataset.now === "over") dialog.querySelector("[data-when=over] a").click();
  });
  document.addEventListener("visibilitychange", () => {
    // Timers stand still while a computer sleeps.
    if (!document.hidden && dialog.dataset.now !== "over" && Date.now() >= due) look();
  });
  later(Number(dialog.dataset.stay) - LEAD);
}
