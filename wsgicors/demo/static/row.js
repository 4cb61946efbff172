// One scenario on the page: its row, what is in it when it is open, and how it is run.

import { ACTIONS, perform } from "./actions.js";
import { diagram } from "./diagram.js";
import { h } from "./dom.js";
import { linkTo, show } from "./link.js";
import { policyPanel } from "./policy.js";
import { ask } from "./server.js";
import { t } from "./words.js";

// Said with a sign, a shape and in words, so that nobody needs the colours.
const STATES = {
  idle: [(allowed) => (allowed ? "○" : "⊘"), (allowed) => (allowed ? t("Should be allowed") : t("Should be refused"))],
  running: [() => "◔", () => t("Running")],
  expected: [() => "✓", (allowed) => (allowed ? t("Allowed, as expected") : t("Refused, as expected"))],
  differs: [() => "✗", () => t("Not as expected")],
  departs: [() => "≈", () => t("Departs from the standard")],
  lost: [() => "!", () => t("The demo does not answer")],
  invalid: [() => "!", () => t("The policy cannot be used")],
  untried: [() => "–", () => t("Cannot be tried here")],
};

/** @param page tells the addresses of the API and the layer in use: { sites, layer() }, and hears of
 *  changes: stateChanged(), announce(sentence). */
export class Row {
  constructor(scenario, page) {
    this.scenario = scenario;
    this.page = page;
    /** The fields of a changed policy; null while it is the row's own. */
    this.fields = null;
    this.expected = scenario;
    this.words = `${scenario.id} ${scenario.title} ${scenario.why}`.toLowerCase();
    this.policy = scenario.byHand ? null : policyPanel(scenario, this);
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
    this.runner = h("button", { class: "run", "aria-label": t("Run: {title}", { title: scenario.title }), onclick: () => this.runAlone() }, t("Run"));
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
      h("h4", {}, t("What the page does")),
      h("pre", { class: "code" }, this.code()),
      h("h4", {}, t("What is expected")),
      this.checks,
      h("h4", {}, t("What the browser did")),
      this.outcome,
    );
    const seen = h("div", { class: "column" }, h("h4", {}, t("The exchange, as the server saw it")), this.exchange);
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
    this.checks.replaceChildren(...this.expected.checks.map((text) => check("○", t("not checked yet"), text)));
    this.outcome.replaceChildren(h("p", { class: "empty" }, t("Nothing yet: press Run.")));
    this.exchange.replaceChildren(h("p", { class: "empty" }, t("Each request and response will be drawn here.")));
  }

  /** Go back to the policy that the row began with, and forget the last run. */
  reset() {
    this.fields = null;
    this.expected = this.scenario;
    this.policy?.show(this.scenario.policy);
    this.clear();
  }

  show(state) {
    const [sign, words] = STATES[state];
    const { allowed } = this.expected;
    this.state = state;
    Object.assign(this.element.dataset, { state, outcome: allowed ? "allowed" : "refused" });
    this.status.replaceChildren(h("span", { class: "sign", "aria-hidden": "true" }, sign(allowed)), ` ${words(allowed)}`);
    this.page.stateChanged(this);
  }

  /** @param fields of the policy to run under; null is the row's own. */
  async run(fields = this.fields) {
    this.show("running");
    try {
      const call = { scenario: this.scenario.id, layer: this.page.layer(), policy: fields };
      const { ok, body } = await ask("POST", "/runs", call);
      if (ok) await this.finish(fields, body);
      else this.refuse(fields, body);
    } catch (error) {
      this.outcome.replaceChildren(h("code", {}, String(error)));
      this.show("lost");
    }
  }

  async finish(fields, { run, allowed, checks, policy }) {
    this.fields = policy?.changed ? fields : null;
    this.expected = { allowed, checks };
    this.policy?.show(policy);
    const results = [];
    for (const step of this.scenario.steps) results.push(await perform(step, this.url(step, run)));
    this.report(results, (await ask("POST", `/runs/${run}/results`, { results })).body);
  }

  refuse(fields, { problems }) {
    this.clear();
    this.policy.complain(fields, problems);
    this.show("invalid");
  }

  /** Run at the user's wish, and have the result read out. */
  async runAlone(fields = this.fields) {
    await this.run(fields);
    show(this.link());
    this.page.announce(`${this.scenario.title}: ${this.status.lastChild.textContent.trim()}`);
  }

  /** A link that shows this row again under the policy that it has now. */
  link() {
    return linkTo(this.scenario.id, this.page.layer(), this.fields);
  }

  url(step, run) {
    return `${this.site(step)}/${this.page.layer()}/${this.scenario.id}/${run}${step.path ?? ""}`;
  }

  report(results, { verdict, held, departs, fault, exchanges, log }) {
    this.checks.replaceChildren(
      ...this.expected.checks.map((text, index) => (held[index] ? check("✓", t("holds"), text) : check("✗", t("does not hold"), text))),
    );
    this.outcome.replaceChildren(
      verdict === "departs" ? h("p", { class: "departs" }, `≈ ${departs}`) : "",
      h("ol", { class: "results" }, ...results.map((result) => h("li", {}, told(result)))),
      log.length ? h("h4", {}, t("What the server logged")) : "",
      log.length ? h("ul", { class: "log" }, ...log.map((text) => h("li", {}, h("code", {}, text)))) : "",
    );
    const last = results.at(-1);
    const shownFault = last.ok || last.unsupported ? null : fault;
    this.exchange.replaceChildren(diagram(exchanges, ending(last, exchanges.at(-1)), shownFault));
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
  const headers = Object.entries(result.headers ?? {}).map(([name, value]) => `${name}: ${value}`);
  return h(
    "div",
    {},
    result.type === "opaque" ? t("The script got an opaque response") : t("The script got status {status}", { status: result.status }),
    result.text ? h("pre", { class: "code" }, result.text) : "",
    headers.length ? h("p", { class: "hint" }, t("and could read these headers:"), " ", h("code", {}, headers.join("; "))) : "",
  );
}

function ending(result, last) {
  if (result.unsupported) return { kind: "untried", icon: "–", text: result.unsupported };
  if (result.ok) return { kind: "allowed", icon: "⇣", text: t("The page gets what it asked for") };
  const refusal = last?.preflight ? t("The browser does not send the request") : t("The browser withholds it from the page");
  return { kind: "refused", icon: "⊘", text: refusal };
}

function byHand({ preflightStatus, preflight, actual }) {
  return h(
    "section",
    { class: "policy" },
    h("h4", {}, t("No policy: these headers were written by hand")),
    h("p", { class: "note" }, t("This is what other servers send. wsgicors never does, so there is nothing to change here.")),
    preflight.length ? handwritten(t("Answers to preflights, status {status}", { status: preflightStatus }), preflight) : null,
    actual.length ? handwritten(t("Responses"), actual) : null,
  );
}

function handwritten(title, headers) {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  return h("div", {}, h("p", { class: "hint" }, title), h("pre", { class: "code" }, lines.join("\n")));
}
