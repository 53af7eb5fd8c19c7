// The demo's phone: new messages appear by themselves, and a code can be copied.

const PAUSE = 3000;
const list = document.querySelector("[data-messages]");
const news = document.querySelector("[data-news]");

const stamp = (message) => message?.dataset.stamp;

function addCopyButton(place, text, words) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = words.copy;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(text);
    button.textContent = words.copied;
  });
  place.append(button);
}

const addCodeButton = (code) => addCopyButton(code, code.dataset.code, list.dataset);

function show(messages) {
  list.querySelector(".message-none")?.remove();
  list.prepend(...messages);
  for (const message of messages) {
    const code = message.querySelector(".message-code");
    if (code) addCodeButton(code);
  }
}

async function look() {
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = [...page.querySelectorAll("[data-messages] .message")];
  const known = stamp(list.querySelector(".message"));
  const first = fresh.findIndex((message) => stamp(message) === known);
  const arrived = first < 0 ? fresh : fresh.slice(0, first);
  // Only what is new is put in, so that nothing moves away from under a pointer or a reader.
  if (arrived.length > 0) {
    show(arrived);
    news.textContent = news.dataset.news;
  }
}

async function watch() {
  try {
    if (!document.hidden) await look();
  } catch {
    // The server is away for a moment; the next round tries again.
  }
  setTimeout(watch, PAUSE);
}

for (const code of list.querySelectorAll(".message-code")) addCodeButton(code);
for (const text of document.querySelectorAll("[data-copyable]")) {
  addCopyButton(text.parentElement, text.textContent, text.closest("[data-copy]").dataset);
}
setTimeout(watch, PAUSE);
