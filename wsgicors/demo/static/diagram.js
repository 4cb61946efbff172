// Draws an exchange as a sequence diagram: browser on the left, server on the right, time downwards.

import { h } from "./dom.js";

// What this is about; the rest of the headers is a click away.
const TELLING = /^(access-control-|origin$|vary$|cookie$|set-cookie$|authorization$|content-type$|content-encoding$|location$|x-|range$)/i;
const PROTOCOL = /^(access-control-|origin$|vary$)/i;

/** @param exchanges as the server recorded them; @param ending what became of it in the script. */
export function diagram(exchanges, ending) {
  return h(
    "ol",
    { class: "diagram" },
    h("li", { class: "lanes" }, h("span", {}, "Browser"), h("span", {}, "Server")),
    ...exchanges.flatMap((exchange) => [request(exchange), response(exchange)]),
    h("li", { class: `ending ${ending.kind}` }, h("span", { "aria-hidden": "true" }, ending.icon), ` ${ending.text}`),
  );
}

function request(exchange) {
  const kind = exchange.preflight ? "preflight" : "actual request";
  return message("to-server", kind, `${exchange.method} ${exchange.path}`, exchange.host, exchange.request);
}

function response(exchange) {
  const kind = exchange.preflight ? "answer to the preflight" : "response";
  return message("to-browser", kind, String(exchange.status ?? "no answer"), "", exchange.response);
}

function message(direction, kind, line, host, headers) {
  const shown = headers.filter(([name]) => TELLING.test(name)).sort(protocolFirst);
  const rest = headers.filter(([name]) => !TELLING.test(name));
  return h(
    "li",
    { class: `message ${direction}` },
    h("p", { class: "line" }, h("span", { class: "kind" }, kind), " ", h("code", {}, line), host ? h("span", { class: "host" }, ` ${host}`) : null),
    h("div", { class: "arrow", "aria-hidden": "true" }),
    shown.length ? list(shown) : null,
    rest.length ? h("details", { class: "rest" }, h("summary", {}, `${rest.length} more ${rest.length === 1 ? "header" : "headers"}`), list(rest)) : null,
  );
}

function protocolFirst([one], [other]) {
  return Number(PROTOCOL.test(other)) - Number(PROTOCOL.test(one));
}

function list(headers) {
  return h("dl", { class: "headers" }, ...headers.map(([name, value]) => line(name, value)));
}

function line(name, value) {
  return h("div", { class: PROTOCOL.test(name) ? "protocol" : "" }, h("dt", {}, `${name}:`), " ", h("dd", {}, value));
}
