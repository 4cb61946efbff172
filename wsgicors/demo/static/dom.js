// Builds elements; the text of all of them goes in as text, never as HTML.

/**
 * h("p", { class: "note", hidden: true }, "text", element): null children are left out,
 * properties that start with "on" become listeners.
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (typeof value === "boolean") element.toggleAttribute(name, value);
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}
