// An intended touch: one pointer goes down on an element and is lifted from the same one, whatever other pointers do.
// Palms and bags rest on the rim; browsers make no click of a second finger, nor of a long or trembling press.

// Calls `act(element, {byTouch})` for each element in `root` (or `root` itself) that matches `selector` and is touched, or
// clicked without a pointer: by keys, a screen reader or a switch. Of two touched at once the one let go first counts:
// whoever waited for the other would wait for a hand that rests.
export function onTouch(root, selector, act) {
  const pressed = new Map();
  const elementAt = (target) => {
    const match = target?.closest?.(selector) ?? null;
    return match && root.contains(match) && !match.hidden ? match : null;
  };
  root.addEventListener("pointerdown", (event) => pressed.set(event.pointerId, elementAt(event.target)));
  root.addEventListener("pointercancel", (event) => pressed.delete(event.pointerId));
  root.addEventListener("pointerup", (event) => {
    const from = pressed.get(event.pointerId);
    pressed.delete(event.pointerId);
    if (from && from === elementAt(document.elementFromPoint(event.clientX, event.clientY)) && event.button <= 0) act(from, { byTouch: true });
  });
  root.addEventListener("click", (event) => {
    if (event.detail === 0 && elementAt(event.target)) act(elementAt(event.target), { byTouch: false });
  });
}

// The same for one button.
export function onPress(button, act) {
  onTouch(button, button.localName, (_, how) => act(how));
}
