// Asks the browser for a passkey and sends its answer with the form marked data-passkey ("get" or "create"). A classic
// script. Without it, or in a browser without passkeys, the sentence marked data-passkey-missing stays, and no dead button.
(function () {
  "use strict";

  function bytes(text) {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (c) => c.charCodeAt(0));
  }

  function text(buffer) {
    const plain = Array.from(new Uint8Array(buffer), (b) => String.fromCharCode(b)).join("");
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  }

  function question(form) {
    const asked = JSON.parse(form.dataset.options).publicKey;
    asked.challenge = bytes(asked.challenge);
    if (asked.user) asked.user.id = bytes(asked.user.id);
    for (const known of [...(asked.allowCredentials || []), ...(asked.excludeCredentials || [])]) known.id = bytes(known.id);
    return asked;
  }

  function answer(key) {
    const from = key.response;
    const response = {};
    for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (from[part]) response[part] = text(from[part]);
    }
    if (from.getTransports) response.transports = from.getTransports();
    const extensions = key.getClientExtensionResults();
    return JSON.stringify({ id: key.id, rawId: text(key.rawId), type: key.type, response, clientExtensionResults: extensions });
  }

  function prepare(form) {
    const part = (name) => form.querySelector(`[data-passkey-${name}]`);
    const say = (name) => {
      for (const each of ["failed", "known"]) if (part(each)) part(each).hidden = each !== name;
    };
    const button = form.querySelector("button");
    let waiting = null;

    async function ask(mediation) {
      waiting?.abort();
      waiting = new AbortController();
      const wanted = { publicKey: question(form), signal: waiting.signal };
      if (mediation) wanted.mediation = mediation;
      const create = form.dataset.passkey === "create";
      const key = await (create ? navigator.credentials.create(wanted) : navigator.credentials.get(wanted));
      form.elements.answer.value = answer(key);
      form.submit();
    }

    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      button.disabled = true;
      say("");
      try {
        await ask();
      } catch (fault) {
        button.disabled = false;
        say(fault.name === "InvalidStateError" && part("known") ? "known" : "failed");
      }
    });

    part("missing").hidden = true;
    part("ready").hidden = false;
    // In a list of its own below the name field, where the browser has that; the button takes over when it is pressed.
    if (form.dataset.autofill && PublicKeyCredential.isConditionalMediationAvailable) {
      PublicKeyCredential.isConditionalMediationAvailable()
        .then((can) => (can && !waiting ? ask("conditional") : null))
        .catch(() => {});
    }
  }

  if (!window.PublicKeyCredential || !navigator.credentials) return;
  for (const form of document.querySelectorAll("form[data-passkey]")) prepare(form);
  // A page that comes back from the browser's memory asks with a challenge that may be used up.
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload();
  });
})();
