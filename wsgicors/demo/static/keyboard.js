// One Tab stop for many controls: the arrow keys move between them, Home and End to the ends.

const MOVES = {
  ArrowDown: (at) => at + 1,
  ArrowRight: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  ArrowLeft: (at) => at - 1,
  Home: () => 0,
  End: (_, last) => last,
};

/**
 * @param container of all the controls; @param items gives the groups of controls, of which one
 * is in reach of Tab: [[opener, runner], [opener, runner], ...]; those that are hidden left out.
 * @returns a function to call when the items have changed.
 */
export function oneStop(container, items) {
  let current = null;

  function settle(group = null) {
    const groups = items();
    current = group ?? groups.find((candidate) => candidate[0] === current?.[0]) ?? groups[0];
    for (const candidate of groups) {
      for (const control of candidate) control.tabIndex = candidate[0] === current?.[0] ? 0 : -1;
    }
  }

  function groupOf(control) {
    return items().find((group) => group.includes(control));
  }

  container.addEventListener("focusin", ({ target }) => {
    const group = groupOf(target);
    if (group) settle(group);
  });
  container.addEventListener("keydown", (event) => {
    const group = groupOf(event.target);
    if (!group || !(event.key in MOVES) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const groups = items();
    const at = groups.findIndex(([first]) => first === group[0]);
    const to = MOVES[event.key](at, groups.length - 1);
    groups[Math.min(Math.max(to, 0), groups.length - 1)][group.indexOf(event.target)].focus();
  });
  settle();
  return () => settle();
}
