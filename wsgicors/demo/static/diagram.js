// Draws an exchange as a sequence diagram: browser on the left, server on the right, time downwards.

import { h } from "./dom.js";
import { t } from "./words.js";

// What this is about; the rest of the headers is a click away.
const TELLING = /^(access-control-|origin$|vary$|cookie$|set-cookie$|authorization$|content-type$|content-encoding$|location$|x-|range$)/i;
const PROTOCOL = /^(access-control-|origin$|vary$)/i;

/**
 * @param exchanges as the server recorded them; @param ending what became of it in the script;
 * @param fault what is wrong with the last exchange, where something is: { message, header, ... }.
 */
export function diagram(exchanges, ending, fault) {
  const last = exchanges.length - 1;
  return h(
    "ol",
    { class: "diagram" },
    h("li", { class: "lanes" }, h("span", {}, t("Browser")), h("span", {}, t("Server"))),
    ...exchanges.flatMap((exchange, index) => both(exchange, index === last ? fault : null)),
    h("li", { class: `ending ${ending.kind}` }, h("span", { "aria-hidden": "true" }, ending.icon), ` ${ending.text}`),
    fault ? explanation(fault) : null,
  );
}

function both(exchange, fault) {
  const at = (message) => (fault?.message === message ? fault : null);
  return [request(exchange, at("request")), response(exchange, at("response"))];
}

function request(exchange, fault) {
  const kind = exchange.preflight ? t("preflight") : t("actual request");
  return message("to-server", kind, `${exchange.method} ${exchange.path}`, exchange.host, exchange.request, fault);
}

function response(exchange, fault) {
  const kind = exchange.preflight ? t("answer to the preflight") : t("response");
  return message("to-browser", kind, String(exchange.status ?? t("no answer")), "", exchange.response, fault);
}

function message(direction, kind, line, host, headers, fault) {
  const shown = headers.filter(([name]) => TELLING.test(name)).sort(protocolFirst);
  const rest = headers.filter(([name]) => !TELLING.test(name));
  const lines = [...shown.map(([name, value]) => header(name, value, isFault(name, fault))), ...missing(headers, fault)];
  return h(
    "li",
    { class: `message ${direction}` },
    h("p", { class: fault && !fault.header ? "line fault" : "line" }, h("span", { class: "kind" }, kind), " ", h("code", {}, line), host ? h("span", { class: "host" }, ` ${host}`) : null),
    h("div", { class: "arrow", "aria-hidden": "true" }),
    lines.length ? h("dl", { class: "headers" }, ...lines) : null,
    rest.length ? h("details", { class: "rest" }, h("summary", {}, t("Other headers: {count}", { count: rest.length })), list(rest)) : null,
  );
}

function isFault(name, fault) {
  return name.toLowerCase() === fault?.header?.toLowerCase();
}

/** The line of a header that should be there and is not. */
function missing(headers, fault) {
  if (!fault?.header || headers.some(([name]) => isFault(name, fault))) return [];
  return [header(fault.header, t("(missing)"), true)];
}

function protocolFirst([one], [other]) {
  return Number(PROTOCOL.test(other)) - Number(PROTOCOL.test(one));
}

function list(headers) {
  return h("dl", { class: "headers" }, ...headers.map(([name, value]) => header(name, value, false)));
}

function header(name, value, atFault) {
  const kinds = [PROTOCOL.test(name) ? "protocol" : "", atFault ? "fault" : ""].filter(Boolean);
  return h("div", { class: kinds.join(" ") }, h("dt", {}, `${name}:`), " ", h("dd", {}, value));
}

/** What is wrong; the consoles' words are English in every language. */
function explanation({ reason, title, why, remedy, more, consoles }) {
  return h(
    "li",
    { class: "explanation" },
    h("h4", {}, title),
    h("p", {}, why),
    h("p", {}, remedy),
    more ? h("p", {}, h("a", { href: more, target: "_blank" }, t("More about this (in a new tab)"))) : null,
    consoles ? h("dl", { class: "consoles" }, ...Object.entries(consoles).flatMap(said)) : null,
    h("p", { class: "hint" }, t("Reason code:"), " ", h("code", {}, reason)),
  );
}

function said([browser, words]) {
  return [h("dt", {}, t("The console of {browser}", { browser })), h("dd", { lang: "en" }, words)];
}
