// The panel of one row that shows the policy in force, lets it be changed and taken along. What a
// policy means and whether it is valid is for the server to say.

import { h } from "./dom.js";
import { t } from "./words.js";

const FIELDS = [
  ["allow_origins", "Access-Control-Allow-Origin", () => t("* or origins; empty shares with nobody")],
  ["allow_methods", "Access-Control-Allow-Methods", () => t("* or methods")],
  ["allow_headers", "Access-Control-Allow-Headers", () => t("* or header names")],
  ["expose_headers", "Access-Control-Expose-Headers", () => t("* or header names")],
  ["allow_credentials", "Access-Control-Allow-Credentials", () => t("true, false, or origins")],
  ["max_age", "Access-Control-Max-Age", () => t("seconds, 0 to 86400")],
  ["refuse_denied", "403", () => t("true or false; true refuses what a denied origin wants to do")],
];
const COPIES = [
  ["flask", () => "Flask"],
  ["wsgi", () => "WSGI"],
  ["ini", () => "ini"],
  ["test", () => t("Test")],
];

/** @param row that is run under what is written here: runAlone(fields), link(), page. */
export function policyPanel(scenario, row) {
  const inputs = FIELDS.map(([name, header, hint]) => field(scenario.id, name, header, hint()));
  const code = h("pre", { class: "code", tabindex: "0", "aria-label": t("Code") });
  const choices = COPIES.map(([kind, name]) => choice(scenario.id, kind, name(), showCode));
  const error = h("div", { class: "config-error", role: "alert" });
  const note = h("p", { class: "note" });
  let shown = null;

  const form = h(
    "form",
    { class: "policy", onsubmit: submit },
    h("h4", {}, t("The policy in force")),
    note,
    h("div", { class: "fields" }, ...inputs.map((input) => input.label)),
    error,
    h(
      "div",
      { class: "buttons" },
      h("button", { type: "submit", class: "primary" }, t("Change and run")),
      h("button", { type: "button", class: "back", onclick: () => row.runAlone(null) }, t("Back to the row's own")),
      h("button", { type: "button", class: "link", onclick: () => copy(row.link()) }, t("Copy link")),
    ),
    h("fieldset", { class: "copies" }, h("legend", {}, t("The same as")), ...choices.map(({ label }) => label)),
    code,
    h("button", { type: "button", class: "copy", onclick: () => copy(code.textContent) }, t("Copy code")),
  );

  function show(policy) {
    shown = policy;
    for (const input of inputs) input.control.value = policy.fields[input.name] ?? "";
    note.textContent = policy.changed ? t("Changed. What is expected follows this policy.") : "";
    mark([]);
    error.replaceChildren();
    showCode();
  }

  function showCode() {
    code.textContent = shown.copies[choices.find(({ control }) => control.checked).kind];
  }

  function mark(problems) {
    const faulty = new Set(problems.map((problem) => problem.field));
    for (const input of inputs) input.control.setAttribute("aria-invalid", String(faulty.has(input.name)));
  }

  function complain(fields, problems) {
    for (const input of inputs) input.control.value = fields[input.name] ?? "";
    mark(problems);
    error.replaceChildren(
      h("p", {}, h("strong", {}, "✗ ConfigError"), " ", t("Nothing was run.")),
      h("ul", { class: "problems" }, ...problems.map(problem)),
    );
  }

  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      row.page.announce(t("Copied."));
    } catch {
      row.page.announce(t("The browser does not let the page copy."));
    }
  }

  function submit(event) {
    event.preventDefault();
    return row.runAlone(written(inputs));
  }

  show(scenario.policy);
  return { element: form, show, complain };
}

/** What is wrong with one field: in the page's language, then in the library's own words, which are English. */
function problem({ field, lead, message }) {
  return h("li", {}, h("p", {}, h("code", {}, field), `: ${lead}`), h("p", { lang: "en" }, message));
}

/** What stands in the form. An empty line leaves its field unset, except for origins, where it means nobody. */
function written(inputs) {
  const filled = inputs.filter(({ name, control }) => name === "allow_origins" || control.value.trim());
  return Object.fromEntries(filled.map(({ name, control }) => [name, control.value.trim()]));
}

function choice(scenario, kind, name, changed) {
  const control = h("input", { type: "radio", name: `${scenario}-copy`, value: kind, checked: kind === "flask", onchange: changed });
  return { kind, control, label: h("label", {}, control, ` ${name}`) };
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
