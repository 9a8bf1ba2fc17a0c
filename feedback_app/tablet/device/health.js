// The staff's view of this tablet, at /?health.

import { isKept } from "/device/remembered.js";
import { element, languageBar, textButton } from "/screen/dom.js";
import * as outbox from "/sending/outbox.js";
import * as sender from "/sending/sender.js";
import * as server from "/sending/server.js";

const REFRESH_MS = 2_000;
const DAY_MS = 86_400_000;

// Shows the state in `root` and keeps it current. `device` is null when the tablet has not been set up.
export async function healthPage(root, texts, device) {
  let [language] = Object.keys(texts);
  root.className = "health";
  root.append(element("h1", {}, texts[language].health.title));

  async function show() {
    const words = texts[language].health;
    document.documentElement.lang = language;
    document.title = words.title;
    const kept = await outbox.state();
    const shown = await facts(words, device, kept);
    const list = element("dl");
    for (const [name, text] of Object.entries(shown)) {
      list.append(element("dt", {}, words[name]), element("dd", { "data-name": name }, text ?? words.none));
    }
    root.replaceChildren(element("h1", {}, words.title), ...storageFault(words, kept), list, ...quarantine(words, kept.refused), languageBar(texts, language, choose));
  }

  // First of all: the staff must see that the tablet keeps nothing, and the remedy.
  function storageFault(words, { fault }) {
    const cause = fault ?? (isKept() ? null : "NothingKept");
    if (!cause) return [];
    const remedy = element("ol", {}, ...words.storage_remedy.map((step) => element("li", {}, step)));
    return [element("section", { class: "fault", role: "alert" }, element("h2", {}, words.storage_fault), element("p", {}, words.keeps_nothing), remedy, element("small", { lang: "en" }, cause))];
  }

  function quarantine(words, refused) {
    if (refused.length === 0) return [];
    const button = textButton("again", words.send_again, async () => {
      await outbox.sendQuarantinedAgain().catch(console.error);
      sender.wake();
      await show();
    });
    const rows = refused.map(({ event, reason, detail }) =>
      element(
        "li",
        {},
        `${event.time ? localTime(event.time) : words.no_time} · ${words.refusals[reason] ?? words.refusals.other} `,
        // For support: the server's own sentence, in English.
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

async function facts(words, device, { waiting, undated, inMemory, oldest }) {
  const { sent_at, problem, problem_at } = sender.lastSending();
  const used = await navigator.storage?.estimate().catch(() => undefined);
  const kept = await navigator.storage?.persisted().catch(() => undefined);
  return {
    device: device?.device,
    unit: device && [device.unit, device.counter, device.name].filter(Boolean).join(" · "),
    waiting: String(waiting),
    ...(inMemory && { in_memory: String(inMemory) }),
    ...(undated && { undated: `${undated} · ${words.undated_detail}` }),
    oldest: oldest && localTime(oldest),
    last_sent: sent_at && localTime(sent_at),
    last_problem: problem && `${localTime(problem_at)} · ${problem}`,
    clock_skew: clockSkew(words),
    ...(!server.isKnown() && { clock_known: words.not_asked }),
    storage: used && `${(used.usage / 1e6).toFixed(1)} / ${(used.quota / 1e6).toFixed(0)} MB`,
    storage_kept: kept === undefined ? undefined : kept ? words.yes : words.no,
    version: self.SHELL.version,
    configuration: device?.configuration,
  };
}

// As of the last comparison of the clocks, unless this clock has been set back behind that since.
function clockSkew(words) {
  if (!server.isKnown() && server.behind_ms() > 0) return `> ${duration(server.behind_ms(), words)}`;
  const skew_ms = server.clockSkew_ms({ before: true });
  return skew_ms === null ? undefined : duration(skew_ms, words);
}

function duration(ms, words) {
  if (Math.abs(ms) < DAY_MS) return `${tenths(ms / 1000)} ${words.seconds}`;
  return `${tenths(ms / DAY_MS)} ${words.days}`;
}

// Never "-0.0".
function tenths(number) {
  return (Math.round(number * 10) / 10 + 0).toFixed(1);
}

function localTime(text) {
  return new Date(text).toLocaleString("vi-VN", { timeZone: "Asia/Ho_Chi_Minh" });
}
