// A tablet that is not set up shows a code and waits until somebody approves it (RFC 8628; feedback_app/pairing/routes.py).

import { remember } from "/device/identity.js";
import { isKept } from "/device/remembered.js";
import { element, languageBar } from "/screen/dom.js";
import { drawQr } from "/screen/qr.js";

const GRANT = "urn:ietf:params:oauth:grant-type:device_code";
const ANSWER_TIMEOUT_MS = 10_000;
const SLOWER_BY_S = 5;
const AGAIN_S = 10;

// Shows the code for pairing in `root`. `wasPaired`: the tablet was set up before and has been revoked.
export function pairingPage(root, texts, { wasPaired = false } = {}) {
  let [language] = Object.keys(texts);
  let shown = null;

  function show() {
    const words = texts[language];
    document.documentElement.lang = language;
    document.title = words.not_set_up;
    root.className = "notice-page";
    root.replaceChildren(
      element("h1", {}, wasPaired ? words.pairing.ended : words.not_set_up),
      ...(shown ? code(words.pairing) : isKept() ? [element("p", {}, words.not_set_up_detail)] : nothingKept(words.health)),
      languageBar(texts, language, (chosen) => { language = chosen; show(); }),
    );
  }

  function nothingKept(words) {
    const steps = words.storage_remedy.map((step) => element("li", {}, step));
    return [element("p", { role: "alert" }, words.storage_fault), element("ol", {}, ...steps)];
  }

  function code(words) {
    return [
      element("p", {}, words.what_to_do),
      element("div", { class: "pairing" }, drawQr(shown.qr, words.qr), element("p", { class: "code", lang: "vi" }, shown.user_code)),
      element("p", { class: "quiet" }, words.lives),
    ];
  }

  async function begin() {
    shown = await post("/pair/code").then(({ ok, body }) => (ok ? body : null), () => null);
    show();
    if (shown) setTimeout(collect, shown.interval * 1000, shown, performance.now() + shown.expires_in * 1000);
    else setTimeout(begin, AGAIN_S * 1000);
  }

  async function collect(code, ends_ms) {
    const { ok, body } = await post("/pair/token", { grant_type: GRANT, device_code: code.device_code }).catch(() => ({ body: {} }));
    if (ok) {
      remember({ ...body.place, token: body.access_token });
      location.replace("/");
      return;
    }
    const over = body.error === "expired_token" || performance.now() > ends_ms;
    const interval = code.interval + (body.error === "slow_down" ? SLOWER_BY_S : 0);
    if (over) begin();
    else setTimeout(collect, interval * 1000, { ...code, interval }, ends_ms);
  }

  show();
  // A pairing made now would be forgotten with the page, and the code used up.
  if (isKept()) begin();
}

async function post(path, form = {}) {
  const answer = await fetch(path, {
    method: "POST", body: new URLSearchParams(form), cache: "no-store", signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
  });
  return { ok: answer.ok, body: await answer.json() };
}
