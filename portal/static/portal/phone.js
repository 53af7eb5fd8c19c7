// The demo's phone: new messages appear by themselves, and a code can be copied.

const PAUSE = 3000;
const list = document.querySelector("[data-messages]");
const news = document.querySelector("[data-news]");

const stamp = (message) => message?.dataset.stamp;

function addCopyButton(code) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = list.dataset.copy;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(code.dataset.code);
    button.textContent = list.dataset.copied;
  });
  code.append(button);
}

function show(messages) {
  list.querySelector(".message-none")?.remove();
  list.prepend(...messages);
  for (const message of messages) {
    const code = message.querySelector(".message-code");
    if (code) addCopyButton(code);
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

for (const code of list.querySelectorAll(".message-code")) addCopyButton(code);
setTimeout(watch, PAUSE);
