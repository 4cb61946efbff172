// The panel of one row that shows the policy in force and lets it be changed. What a policy means
// and whether it is valid is for the server to say; its words are shown as they are.

import { h } from "./dom.js";
import { ask } from "./server.js";

const FIELDS = [
  ["allow_origins", "Access-Control-Allow-Origin", "* or origins; empty shares with nobody"],
  ["allow_methods", "Access-Control-Allow-Methods", "* or methods"],
  ["allow_headers", "Access-Control-Allow-Headers", "* or header names"],
  ["expose_headers", "Access-Control-Expose-Headers", "* or header names"],
  ["allow_credentials", "Access-Control-Allow-Credentials", "true or false"],
  ["max_age", "Access-Control-Max-Age", "seconds, 0 to 86400"],
];

/**
 * @param scenario with its `policy`, which is replaced when the server accepts another;
 * @param layer tells which way the API is governed; @param changed called after each change.
 */
export function policyPanel(scenario, layer, changed) {
  const inputs = FIELDS.map(([name, header, hint]) => field(scenario.id, name, header, hint));
  const code = h("pre", { class: "code" });
  const error = h("div", { class: "config-error", role: "alert" });
  const note = h("p", { class: "note" });
  const form = h(
    "form",
    { class: "policy", onsubmit: submit },
    h("h4", {}, "The policy in force"),
    code,
    note,
    h("div", { class: "fields" }, ...inputs.map((input) => input.label)),
    error,
    h(
      "div",
      { class: "buttons" },
      h("button", { type: "submit", class: "primary" }, "Change and run"),
      h("button", { type: "button", onclick: reset }, "Back to the row's own"),
    ),
  );

  function show() {
    const { fields, changed: isChanged } = scenario.policy;
    for (const input of inputs) input.control.value = fields[input.name] ?? "";
    note.textContent = isChanged
      ? "Changed. What is expected above is expected of the policy that the row began with."
      : "";
    showCode();
  }

  function showCode() {
    const call = layer() === "flask" ? "CORS" : "CORSMiddleware";
    code.textContent = `${call}(\n    app,\n    ${scenario.policy.code.join(",\n    ")},\n)`;
  }

  function complain(message, problems) {
    const faulty = new Set(problems.map((problem) => problem.field));
    for (const input of inputs) input.control.setAttribute("aria-invalid", String(faulty.has(input.name)));
    error.replaceChildren(
      ...(message
        ? [h("p", {}, h("strong", {}, "✗ ConfigError"), " The old policy stays in force."), h("pre", {}, message)]
        : []),
    );
  }

  async function send(method, fields) {
    const { ok, body } = await ask(method, `/policies/${scenario.id}`, fields);
    if (!ok) return complain(body.message, body.problems);
    complain("", []);
    scenario.policy = body.policy;
    show();
    return changed();
  }

  function submit(event) {
    event.preventDefault();
    return send("PUT", written(inputs));
  }

  function reset() {
    return send("DELETE");
  }

  show();
  return { element: form, showCode };
}

/** What stands in the form. An empty line leaves its field unset, except for origins, where it means nobody. */
function written(inputs) {
  const filled = inputs.filter(({ name, control }) => name === "allow_origins" || control.value.trim());
  return Object.fromEntries(filled.map(({ name, control }) => [name, control.value.trim()]));
}

function field(scenario, name, header, hint) {
  const id = `${scenario}-${name}`;
  const control = h("input", {
    id,
    name,
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    "aria-describedby": `${id}-hint`,
  });
  const label = h(
    "div",
    { class: "field" },
    h("label", { for: id }, name),
    control,
    h("p", { id: `${id}-hint`, class: "hint" }, h("code", {}, header), ` – ${hint}`),
  );
  return { name, control, label };
}
