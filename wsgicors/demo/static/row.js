// One scenario on the page: its row, what is in it when it is open, and how it is run.

import { ACTIONS, perform } from "./actions.js";
import { diagram } from "./diagram.js";
import { h } from "./dom.js";
import { policyPanel } from "./policy.js";
import { ask } from "./server.js";

// Said with a sign and in words, so that nobody needs the colours.
const STATES = {
  idle: ["○", (scenario) => (scenario.allowed ? "Should be allowed" : "Should be refused")],
  running: ["◔", () => "Running"],
  expected: ["✓", (scenario) => (scenario.allowed ? "Allowed, as expected" : "Refused, as expected")],
  differs: ["✗", () => "Not as expected"],
  departs: ["≈", () => "Departs from the standard"],
  lost: ["!", () => "The demo does not answer"],
  untried: ["–", () => "Cannot be tried here"],
};

/** @param page tells the addresses of the API and the layer in use: { sites, layer() }, and hears of
 *  changes: stateChanged(), announce(sentence). */
export class Row {
  constructor(scenario, page) {
    this.scenario = scenario;
    this.page = page;
    this.policy = scenario.byHand ? null : policyPanel(scenario, page.layer, () => this.runAlone());
    this.build();
    this.clear();
  }

  build() {
    const { scenario } = this;
    this.status = h("span", { class: "status" });
    this.opener = h(
      "button",
      { class: "opener", "aria-expanded": "false", "aria-controls": `${scenario.id}-body`, onclick: () => this.toggle() },
      h("span", { class: "title" }, scenario.title),
      this.status,
    );
    this.runner = h("button", { class: "run", "aria-label": `Run: ${scenario.title}`, onclick: () => this.runAlone() }, "Run");
    this.checks = h("ul", { class: "checks" });
    this.outcome = h("div", { class: "outcome" });
    this.exchange = h("div", { class: "exchange" });
    this.body = h("div", { id: `${scenario.id}-body`, class: "body", hidden: true }, ...this.contents());
    this.element = h("li", { class: "row", id: scenario.id }, h("h3", {}, this.opener), this.runner, this.body);
  }

  contents() {
    const doing = h(
      "div",
      { class: "column" },
      h("p", { class: "why" }, this.scenario.why),
      h("h4", {}, "What the page does"),
      h("pre", { class: "code" }, this.code()),
      h("h4", {}, "What the standard expects"),
      this.checks,
      h("h4", {}, "What the browser did"),
      this.outcome,
    );
    const seen = h("div", { class: "column" }, h("h4", {}, "The exchange, as the server saw it"), this.exchange);
    return [doing, seen, this.policy ? this.policy.element : byHand(this.scenario.byHand)];
  }

  code() {
    return this.scenario.steps.map((step) => ACTIONS[step.do].code(step, `${this.site(step)}/…${step.path}`)).join("\n\n");
  }

  site(step) {
    return this.page.sites[step.site ?? "cross-site"];
  }

  toggle(open = this.body.hidden) {
    this.body.hidden = !open;
    this.opener.setAttribute("aria-expanded", String(open));
  }

  /** Forget the last run. */
  clear() {
    this.show("idle");
    this.policy?.showCode();
    this.checks.replaceChildren(...this.scenario.checks.map((text) => check("○", "not checked yet", text)));
    this.outcome.replaceChildren(h("p", { class: "empty" }, "Nothing yet: press Run."));
    this.exchange.replaceChildren(h("p", { class: "empty" }, "Each request and response will be drawn here."));
  }

  show(state) {
    const [sign, words] = STATES[state];
    this.state = state;
    this.element.dataset.state = state;
    this.status.replaceChildren(h("span", { class: "sign", "aria-hidden": "true" }, sign), ` ${words(this.scenario)}`);
    this.page.stateChanged(this);
  }

  async run() {
    this.show("running");
    try {
      const { body } = await ask("POST", "/runs", { scenario: this.scenario.id });
      const results = [];
      for (const step of this.scenario.steps) results.push(await perform(step, this.url(step, body.run)));
      this.report(results, (await ask("POST", `/runs/${body.run}/results`, { results })).body);
    } catch (error) {
      this.outcome.replaceChildren(h("code", {}, String(error)));
      this.show("lost");
    }
  }

  /** Run at the user's wish, and have the result read out. */
  async runAlone() {
    await this.run();
    this.page.announce(`${this.scenario.title}: ${this.status.lastChild.textContent.trim()}`);
  }

  url(step, run) {
    return `${this.site(step)}/${this.page.layer()}/${this.scenario.id}/${run}${step.path ?? ""}`;
  }

  report(results, { verdict, held, exchanges, log }) {
    this.checks.replaceChildren(
      ...this.scenario.checks.map((text, index) => (held[index] ? check("✓", "holds", text) : check("✗", "does not hold", text))),
    );
    this.outcome.replaceChildren(
      verdict === "departs" ? h("p", { class: "departs" }, `≈ Known: ${this.scenario.departs}.`) : "",
      h("ol", { class: "results" }, ...results.map((result) => h("li", {}, told(result)))),
      log.length ? h("h4", {}, "What the server logged") : "",
      log.length ? h("ul", { class: "log" }, ...log.map((text) => h("li", {}, h("code", {}, text)))) : "",
    );
    this.exchange.replaceChildren(diagram(exchanges, ending(results.at(-1), exchanges.at(-1))));
    this.show(verdict);
  }
}

function check(sign, words, text) {
  return h(
    "li",
    { "data-sign": sign },
    h("span", { class: "sign", "aria-hidden": "true" }, sign),
    h("span", { class: "spoken" }, `${words}: `),
    h("span", {}, text),
  );
}

function told(result) {
  if (result.unsupported) return result.unsupported;
  if (!result.ok) return h("code", {}, result.error);
  if (result.detail) return result.detail;
  const kind = result.type === "opaque" ? "an opaque response" : `status ${result.status}`;
  const headers = Object.entries(result.headers ?? {}).map(([name, value]) => `${name}: ${value}`);
  return h(
    "div",
    {},
    `The script got ${kind}`,
    result.text ? h("pre", { class: "code" }, result.text) : "",
    headers.length ? h("p", { class: "hint" }, "and could read ", h("code", {}, headers.join("; "))) : "",
  );
}

function ending(result, last) {
  if (result.unsupported) return { kind: "untried", icon: "–", text: result.unsupported };
  if (result.ok) return { kind: "allowed", icon: "⇣", text: "The page gets what it asked for" };
  const refusal = last?.preflight ? "The browser does not send the request" : "The browser withholds it from the page";
  return { kind: "refused", icon: "⊘", text: refusal };
}

function byHand({ preflightStatus, preflight, actual }) {
  return h(
    "section",
    { class: "policy" },
    h("h4", {}, "No policy: these headers were written by hand"),
    h("p", { class: "note" }, "This is what other servers send. wsgicors never does, so there is nothing to change here."),
    preflight.length ? handwritten(`Preflights, status ${preflightStatus}`, preflight) : null,
    actual.length ? handwritten("Responses", actual) : null,
  );
}

function handwritten(title, headers) {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  return h("div", {}, h("p", { class: "hint" }, title), h("pre", { class: "code" }, lines.join("\n")));
}
