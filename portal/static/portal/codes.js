// The page that shows recovery codes: buttons that copy and print them, where a browser can.

const box = document.querySelector("[data-codes]");
const actions = box?.querySelector("[data-copy]");

function add(words, act) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button button-quiet";
  button.textContent = words;
  button.addEventListener("click", act);
  actions.append(button);
}

async function copy() {
  const about = box.querySelector("[data-about]").innerText.trim();
  const codes = [...box.querySelectorAll("code")].map((code) => code.textContent);
  await navigator.clipboard.writeText(`${about}\n\n${codes.join("\n")}\n`);
  box.querySelector("[data-said]").textContent = actions.dataset.copied;
}

if (actions && navigator.clipboard) add(actions.dataset.copy, copy);
if (actions) add(actions.dataset.print, () => print());
