// The page as a whole: builds a row for each scenario that the server lists, runs one or all of
// them, filters and counts. A link can ask for it: #run=all or #run=ID, and &layer=wsgi.

import { h } from "./dom.js";
import { oneStop } from "./keyboard.js";
import { linkTo, show, wanted } from "./link.js";
import { Row } from "./row.js";
import { ask } from "./server.js";
import { learn, t } from "./words.js";

const summary = document.getElementById("summary");
const announcement = document.getElementById("announcement");
const bar = document.getElementById("progress");
const runAll = document.getElementById("run-all");
const resetAll = document.getElementById("reset-all");
const layers = document.getElementById("layers");
const find = document.getElementById("find");
const which = document.getElementById("show");
const nothing = document.getElementById("nothing");
const list = document.getElementById("scenarios");
const contents = document.getElementById("sections");
const rows = [];
const sections = [];

const SHOWN = {
  all: () => true,
  allowed: (row) => row.expected.allowed,
  refused: (row) => !row.expected.allowed,
  unexpected: (row) => ["differs", "lost"].includes(row.state),
  changed: (row) => row.fields !== null,
};

let settleRows = () => {};

function layer() {
  return document.querySelector('input[name="layer"]:checked').value;
}

function count(counted, ...states) {
  return counted.filter((row) => states.includes(row.state)).length;
}

function stateChanged() {
  const finished = count(rows, "expected", "differs", "departs", "untried");
  bar.max = rows.length;
  bar.value = finished;
  summary.textContent = sentence(finished);
  for (const section of sections) countSection(section);
  filter();
}

function countSection({ rows: own, tally }) {
  const unexpected = count(own, "differs", "lost");
  tally.textContent = unexpected ? `✗ ${unexpected}` : `${count(own, "expected", "departs")}/${own.length}`;
  tally.classList.toggle("bad", unexpected > 0);
}

function announce(text) {
  announcement.textContent = text;
}

function sentence(finished) {
  if (finished === 0) return t("{count} scenarios, none run yet.", { count: rows.length });
  const [departs, untried] = [count(rows, "departs"), count(rows, "untried")];
  const parts = [
    t("As expected: {count} of {all}.", { count: count(rows, "expected"), all: rows.length }),
    t("Not as expected: {count}.", { count: count(rows, "differs") }),
  ];
  if (departs) parts.push(t("This browser departs from the standard: {count}.", { count: departs }));
  if (untried) parts.push(t("Cannot be tried in this browser: {count}.", { count: untried }));
  return parts.join(" ");
}

function filter() {
  const words = find.value.trim().toLowerCase();
  for (const row of rows) row.element.hidden = !SHOWN[which.value](row) || !row.words.includes(words);
  for (const { element, rows: own } of sections) element.hidden = own.every((row) => row.element.hidden);
  nothing.hidden = rows.some((row) => !row.element.hidden);
  settleRows();
}

async function runEverything() {
  if (isRunning()) return;
  busy(true);
  show(linkTo("all", layer(), null));
  for (const row of rows) await row.run();
  busy(false);
  announce(summary.textContent);
}

function isRunning() {
  return document.body.dataset.run === "running";
}

/** The buttons are not disabled, because a disabled one loses the focus. */
function busy(running) {
  document.body.dataset.run = running ? "running" : "finished";
  layers.disabled = running;
  for (const button of [runAll, resetAll]) button.setAttribute("aria-disabled", String(running));
}

function clearEverything() {
  for (const row of rows) row.clear();
}

function resetEverything() {
  if (isRunning()) return;
  for (const row of rows) row.reset();
  show(location.pathname + location.search);
  announce(t("Every row is as it was at first."));
}

function section(group, page) {
  const own = group.scenarios.map((scenario) => new Row(scenario, page));
  const tally = h("span", { class: "tally" });
  const link = h("a", { href: `#section-${group.id}` }, h("span", {}, group.title), " ", tally);
  const element = h(
    "section",
    { id: `section-${group.id}`, tabindex: "-1" },
    h("h2", {}, group.title),
    h("ul", { class: "rows" }, ...own.map((row) => row.element)),
  );
  rows.push(...own);
  sections.push({ element, rows: own, tally, link });
}

async function start() {
  const { body } = await ask("GET", "/scenarios");
  learn(body.words);
  const page = { sites: body.sites, layer, stateChanged, announce };
  for (const group of body.groups) section(group, page);
  list.append(...sections.map(({ element }) => element));
  contents.append(h("ul", {}, ...sections.map(({ link }) => h("li", {}, link))));
  settleRows = oneStop(list, () => rows.filter((row) => !row.element.hidden).map((row) => [row.opener, row.runner]));
  oneStop(contents, () => sections.map(({ link }) => [link]));
  listen();
  stateChanged();
  await runWhatTheLinkWants();
}

function listen() {
  runAll.addEventListener("click", runEverything);
  resetAll.addEventListener("click", resetEverything);
  layers.addEventListener("change", clearEverything);
  find.addEventListener("input", filter);
  which.addEventListener("change", filter);
  addEventListener("hashchange", runWhatTheLinkWants);
  for (const link of document.querySelectorAll(".languages a")) {
    link.addEventListener("click", () => { link.hash = location.hash; });
  }
}

async function runWhatTheLinkWants() {
  const { run, layer: way, fields } = wanted();
  const choice = [...layers.querySelectorAll("input")].find(({ value }) => value === way);
  if (run && choice) choice.checked = true;
  if (run === "all") return runEverything();
  const row = rows.find(({ scenario }) => scenario.id === run);
  if (!row) return;
  row.toggle(true);
  row.element.scrollIntoView();
  row.opener.focus();
  await row.run(fields);
}

start();
