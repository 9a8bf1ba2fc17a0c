// Recognises when nobody is at the tablet.

const CHECK_MS = 500;
const QUIET_MS = 3_000;

let touched_ms = -Infinity;

for (const name of ["pointerdown", "keydown"]) {
  addEventListener(name, () => { touched_ms = performance.now(); }, { capture: true });
}

// Calls `act` once, between two citizens: none is being thanked or asked why, and none has just touched anything.
export function whenIdle(page, act) {
  const waiting = setInterval(() => {
    if (page.isBusy() || performance.now() - touched_ms < QUIET_MS) return;
    clearInterval(waiting);
    act();
  }, CHECK_MS);
}
