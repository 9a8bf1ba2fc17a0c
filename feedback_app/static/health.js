// The staff's view of this tablet, at /?health.

import { element, languageBar } from "/dom.js";
import * as outbox from "/outbox.js";
import * as sender from "/sender.js";
import * as server from "/server.js";

const REFRESH_MS = 2_000;

// Shows the state in `root` and keeps it current. `device` is null when the tablet has not been set up.
export async function healthPage(root, texts, device) {
  let [language] = Object.keys(texts);
  root.className = "health";

  async function show() {
    const words = texts[language].health;
    document.documentElement.lang = language;
    document.title = words.title;
    const shown = await facts(words, device);
    const { refused } = await outbox.state();
    const list = element("dl");
    for (const [name, text] of Object.entries(shown)) {
      list.append(element("dt", {}, words[name]), element("dd", { "data-name": name }, text ?? words.none));
    }
    root.replaceChildren(element("h1", {}, words.title), list, ...quarantine(words, refused), languageBar(texts, language, choose));
  }

  function quarantine(words, refused) {
    if (refused.length === 0) return [];
    const button = element("button", { type: "button", class: "again" }, words.send_again);
    button.addEventListener("click", async () => {
      await outbox.sendQuarantinedAgain();
      sender.wake();
      await show();
    });
    const rows = refused.map(({ event, reason, detail }) =>
      element(
        "li",
        {},
        `${localTime(event.time)} · ${words.refusals[reason] ?? words.refusals.other} `,
        // For whoever is called: the server's own words.
        element("small", { lang: "en" }, `${reason}: ${detail}`),
      ),
    );
    return [
      element("h2", {}, `${words.quarantine}: ${refused.length}`),
      element("p", {}, words.quarantine_detail),
      element("ul", { class: "quarantine" }, ...rows),
      button,
    ];
  }

  function choose(code) {
    language = code;
    show();
  }

  // A button that is being pressed is not replaced under the finger.
  setInterval(() => root.querySelector(":active") || show(), REFRESH_MS);
  await show();
}

async function facts(words, device) {
  const { waiting, oldest } = await outbox.state();
  const { sent_at, problem, problem_at } = sender.lastSending();
  const skew_ms = server.clockSkew_ms();
  const used = await navigator.storage?.estimate();
  const kept = await navigator.storage?.persisted();
  return {
    device: device?.device,
    unit: device && [device.unit, device.counter, device.name].filter(Boolean).join(" · "),
    waiting: String(waiting),
    oldest: oldest && localTime(oldest),
    last_sent: sent_at && localTime(sent_at),
    last_problem: problem && `${localTime(problem_at)} · ${problem}`,
    clock_skew: skew_ms === null ? undefined : `${tenths(skew_ms / 1000)} ${words.seconds}`,
    storage: used && `${(used.usage / 1e6).toFixed(1)} / ${(used.quota / 1e6).toFixed(0)} MB`,
    storage_kept: kept === undefined ? undefined : kept ? words.yes : words.no,
    version: self.SHELL.version,
    configuration: device?.configuration,
  };
}

// Never "-0.0".
function tenths(number) {
  return (Math.round(number * 10) / 10 + 0).toFixed(1);
}

function localTime(text) {
  return new Date(text).toLocaleString("vi-VN", { timeZone: "Asia/Ho_Chi_Minh" });
}
