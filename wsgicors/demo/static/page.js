// The page as a whole: builds a row for each scenario that the server lists, runs one or all of
// them, and counts. A link can ask for it: ?run=all or ?run=ID, and &layer=wsgi.

import { h } from "./dom.js";
import { Row } from "./row.js";
import { ask } from "./server.js";

const wanted = new URLSearchParams(location.search);
const summary = document.getElementById("summary");
const announcement = document.getElementById("announcement");
const bar = document.getElementById("progress");
const runAll = document.getElementById("run-all");
const onlyDiffering = document.getElementById("only-differing");
const layers = document.getElementById("layers");
const rows = [];

function layer() {
  return document.querySelector('input[name="layer"]:checked').value;
}

function count(...states) {
  return rows.filter((row) => states.includes(row.state)).length;
}

function stateChanged() {
  const finished = count("expected", "differs", "departs", "untried");
  bar.max = rows.length;
  bar.value = finished;
  summary.textContent = sentence(finished);
}

function announce(text) {
  announcement.textContent = text;
}

function sentence(finished) {
  if (finished === 0) return `${rows.length} scenarios, none run yet.`;
  const [departs, untried] = [count("departs"), count("untried")];
  const parts = [`${count("expected")} of ${rows.length} as expected`, `${count("differs")} not as expected`];
  if (departs) parts.push(`${departs} where this browser departs from the standard`);
  if (untried) parts.push(`${untried} that cannot be tried in this browser`);
  return `${parts.join(", ")}.`;
}

async function runEverything() {
  runAll.disabled = layers.disabled = true;
  document.body.dataset.run = "running";
  for (const row of rows) await row.run();
  document.body.dataset.run = "finished";
  announce(summary.textContent);
  runAll.disabled = layers.disabled = false;
}

function clearEverything() {
  for (const row of rows) row.clear();
}

function layerChoice([value, name]) {
  const checked = value === (wanted.get("layer") ?? "flask");
  return h("label", {}, h("input", { type: "radio", name: "layer", value, checked, onchange: clearEverything }), ` ${name}`);
}

function section(group, page) {
  const own = group.scenarios.map((scenario) => new Row(scenario, page));
  rows.push(...own);
  return h("section", {}, h("h2", {}, group.title), h("ul", { class: "rows" }, ...own.map((row) => row.element)));
}

function showAddresses({ page, sites }) {
  document.getElementById("page-origin").textContent = page;
  document.getElementById("api-origin").textContent = sites["cross-site"];
  document.getElementById("api-same-site").textContent = sites["same-site"];
}

async function start() {
  const { body } = await ask("GET", "/scenarios");
  const page = { sites: body.sites, layer, stateChanged, announce };
  showAddresses(body);
  layers.append(...Object.entries(body.layers).map(layerChoice));
  document.getElementById("scenarios").append(...body.groups.map((group) => section(group, page)));
  stateChanged();
  runAll.addEventListener("click", runEverything);
  onlyDiffering.addEventListener("change", () => document.body.classList.toggle("only-differing", onlyDiffering.checked));
  await runWhatTheLinkWants();
}

async function runWhatTheLinkWants() {
  const run = wanted.get("run");
  if (run === "all") return runEverything();
  const row = rows.find(({ scenario }) => scenario.id === run);
  if (!row) return;
  row.toggle(true);
  row.element.scrollIntoView();
  await row.run();
}

start();
