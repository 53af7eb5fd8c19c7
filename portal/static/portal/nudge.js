// The notice that asks for a passkey: shown only where the browser can make one. It is then noted
// as seen. A notice about a second way is already on the page.

const offer = document.querySelector("template[data-origin]");

async function isAble() {
  if (location.origin !== offer.dataset.origin) return false;
  return Boolean(await window.PublicKeyCredential?.isUserVerifyingPlatformAuthenticatorAvailable?.());
}

// Right after a login, some browsers make a passkey automatically. The server says whether they
// may. Browsers that know this also have the functions that read and write JSON.
async function makeAutomatically({ automatic, options }, post) {
  const can = await PublicKeyCredential.getClientCapabilities?.();
  if (!can?.conditionalCreate) return false;
  const answer = await post(options);
  if (answer.status !== 200) return false;
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(await answer.json());
  const made = await navigator.credentials.create({ publicKey, mediation: "conditional" });
  return (await post(automatic, { credential: JSON.stringify(made) })).ok;
}

if (offer && await isAble()) offer.replaceWith(offer.content.cloneNode(true));
const nudge = document.querySelector("[data-nudge]");
if (nudge) {
  const form = new FormData(nudge.querySelector("form"));
  const post = (address, more = {}) => {
    const body = new URLSearchParams([...form, ...Object.entries(more)]);
    return fetch(address, { method: "POST", body });
  };
  const quiet = () => false;
  await post(nudge.dataset.nudge).catch(quiet);
  if (nudge.dataset.automatic && await makeAutomatically(nudge.dataset, post).catch(quiet)) {
    document.querySelector("[data-made]").hidden = false;
    nudge.remove();
  }
}
