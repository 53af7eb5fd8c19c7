// The notice that asks for a passkey: shown only where the browser can make one. It is then noted
// as seen. A notice about a second way is already on the page.

const offer = document.querySelector("template[data-origin]");

async function isAble() {
  if (location.origin !== offer.dataset.origin) return false;
  return Boolean(await window.PublicKeyCredential?.isUserVerifyingPlatformAuthenticatorAvailable?.());
}

if (offer && await isAble()) offer.replaceWith(offer.content.cloneNode(true));
const nudge = document.querySelector("[data-nudge]");
if (nudge) {
  const body = new URLSearchParams(new FormData(nudge.querySelector("form")));
  fetch(nudge.dataset.nudge, { method: "POST", body }).catch(() => {});
}
