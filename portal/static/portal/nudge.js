// The notice that asks for a passkey: shown only where the browser can make one. It is then noted
// as seen. A notice about a second way is already on the page.

const offer = document.querySelector("template[data-origin]");

async function isAble() {
  if (location.origin !== offer.dataset.origin) return false;
  return Boolean(await window.PublicKeyCredential?.isUserVerifyingPlatformAuthenticatorAvailable?.());
}

// Right after a login, some browsers make a passkey automatically. The server says whether they
// may. Browsers that know this also have the functions that read and write JSON. The page works
// meanwhile. A browser that does not answer is stopped after this time.
const PATIENCE = 10_000;

async function makeAutomatically({ automatic, options }, post) {
  const can = await PublicKeyCredential.getClientCapabilities?.();
  if (!can?.conditionalCreate) return false;
  const answer = await post(options);
  if (answer.status !== 200) return false;
  const limit = new AbortController();
  setTimeout(() => limit.abort(), PATIENCE);
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(await answer.json());
  const { signal } = limit;
  const made = await navigator.credentials.create({ publicKey, mediation: "conditional", signal });
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
