// The code pages: the wait before another code counts down, and a browser that can read the
// text fills it in.

const waiting = document.querySelector("[data-wait]");

function spell(seconds) {
  const unit = seconds > 90 ? "minute" : "second";
  const amount = unit === "minute" ? Math.floor(seconds / 60) : seconds;
  const style = { style: "unit", unit, unitDisplay: "long" };
  return new Intl.NumberFormat(document.documentElement.lang, style).format(amount);
}

function countDown(note) {
  const form = note.closest("form");
  const button = form.querySelector("button");
  const ready = form.querySelector("[data-ready]");
  const end = Date.now() + Number(note.dataset.wait) * 1000;
  const tick = () => {
    const seconds = Math.ceil((end - Date.now()) / 1000);
    if (seconds > 0) {
      note.querySelector("[data-left]").textContent = spell(seconds);
      return;
    }
    clearInterval(timer);
    note.hidden = true;
    button.removeAttribute("aria-disabled");
    ready.textContent = ready.dataset.ready;
  };
  const timer = setInterval(tick, 1000);
  // Not `disabled`: the button stays in reach of the keyboard and its note explains it.
  button.setAttribute("aria-disabled", "true");
  form.addEventListener("submit", (event) => {
    if (button.getAttribute("aria-disabled") === "true") {
      event.preventDefault();
      event.stopPropagation();
    }
  });
}

async function readText(form) {
  const stop = new AbortController();
  form.addEventListener("submit", () => stop.abort());
  try {
    const options = { otp: { transport: ["sms"] }, signal: stop.signal };
    const { code } = await navigator.credentials.get(options);
    form.querySelector("[autocomplete=one-time-code]").value = code;
    form.requestSubmit();
  } catch {
    // Refused, timed out or sent by hand: typing the code works as ever.
  }
}

if (waiting) countDown(waiting);
if ("OTPCredential" in window) {
  const form = document.querySelector("[data-read-text]");
  if (form) readText(form);
}
