// Inside the sandboxed frame: calls fetch() when the page says so, and tells it what came of it.
"use strict";

addEventListener("message", async ({ data, source }) => {
  source.postMessage(await fetchStep(data.url, data.options), "*");
});
