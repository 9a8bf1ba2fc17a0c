// Dates taps that were made before the server's time was known. Pure; all times in milliseconds.
//
// A stretch is a time in which the page's monotonic clock ran without a break: from the page's start, or its return from
// being hidden, to its end. A tap keeps the clocks' readings of its moment (server.js: stamp):
//   stretch, n   the stretch's own name, and its number in the order of this tablet's stretches
//   began_ms     the monotonic clock when the stretch began
//   monotonic_ms, device_ms   the monotonic and the device's clock at the tap
//   floor_ms     a server's time before which the stretch cannot have begun; null when the server was never reached
//   compared     {server_ms, device_ms, speed}: both clocks when they were last compared before the stretch, or null
// `answer` is such a stamp of the server's answer, with its server_ms and the speed of the server's clock.

// No tablet showed this page before.
const FIRST_MS = Date.UTC(2026, 0, 1);
// A clock without a network drifts by some seconds a day.
const DRIFT_MS = 60_000;
// Longer numbers would be taken for a citizen's and masked.
const MOST_UNCERTAIN_S = 9_999_999;

// The events, each with its `time` instead of `tapped`. Taps of the answer's own stretch are dated by the monotonic clock.
// Those of an ended stretch keep their distances to each other. When it began says the device's clock, if that lies
// between the last time known before it and the beginning of the next stretch; else it is taken to have ended just before
// the next one began. Their data then says how they were dated, and by how much that may be wrong.
export function dateTaps(events, answer) {
  const dated = [];
  let next_ms = answer.server_ms - (answer.monotonic_ms - answer.began_ms) * answer.speed;
  for (const taps of newestFirst(events)) {
    const { stretch, n, began_ms, floor_ms } = taps[0].tapped;
    if (stretch === answer.stretch) {
      for (const event of taps) dated.push(withTime(event, answer.server_ms - (answer.monotonic_ms - event.tapped.monotonic_ms) * answer.speed));
      continue;
    }
    const after_ms = taps.map(({ tapped }) => (tapped.monotonic_ms - began_ms) * answer.speed);
    const end_ms = answer.server_ms - after_ms.at(-1);
    const earliest_ms = Math.min(Math.max(floor_ms ?? FIRST_MS, FIRST_MS), end_ms);
    // A stretch of another tab may still go on after the next one began.
    const fits = n < answer.n && next_ms - after_ms.at(-1) >= earliest_ms;
    const latest_ms = fits ? next_ms - after_ms.at(-1) : end_ms;
    const byClock = clockReadings(taps, after_ms, answer).find((at_ms) => isNear(at_ms, earliest_ms, latest_ms, answer.speed));
    const start_ms = Math.min(Math.max(byClock ?? latest_ms, earliest_ms), latest_ms);
    const uncertain_s = Math.ceil(Math.max(start_ms - earliest_ms, end_ms - start_ms) / 1000);
    const how = { time_by: byClock === undefined ? "order" : "device_clock", time_uncertain_s: Math.min(uncertain_s, MOST_UNCERTAIN_S) };
    taps.forEach((event, index) => dated.push(withTime(event, start_ms + after_ms[index], how)));
    next_ms = start_ms;
  }
  return dated;
}

// The taps by stretch, the newest stretch first, each in the order of its taps.
function newestFirst(events) {
  const byStretch = new Map();
  for (const event of events) {
    const { stretch } = event.tapped;
    if (!byStretch.has(stretch)) byStretch.set(stretch, []);
    byStretch.get(stretch).push(event);
  }
  for (const taps of byStretch.values()) taps.sort((one, other) => one.tapped.monotonic_ms - other.tapped.monotonic_ms);
  return [...byStretch.values()].sort(([one], [other]) => other.tapped.n - one.tapped.n);
}

// When the stretch began by the device's clock at each of its taps, the last tap first: corrected as the clock was wrong
// when it was last compared before, then as it is wrong now. Either may be of no use: a clock may have been set meanwhile.
function clockReadings(taps, after_ms, answer) {
  return [...taps.keys()].reverse().flatMap((index) => {
    const { device_ms, compared } = taps[index].tapped;
    return [compared, answer].filter(Boolean).map((both) => both.server_ms + (device_ms - both.device_ms) * both.speed - after_ms[index]);
  });
}

function isNear(at_ms, earliest_ms, latest_ms, speed) {
  return at_ms >= earliest_ms - DRIFT_MS * speed && at_ms <= latest_ms + DRIFT_MS * speed;
}

function withTime({ tapped, ...event }, at_ms, how = {}) {
  return { ...event, time: new Date(at_ms).toISOString(), data: { ...event.data, ...how } };
}
