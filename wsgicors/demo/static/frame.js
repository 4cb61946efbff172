// Inside the sandboxed frame: calls fetch() when the page says so, and tells it what came of it.
// It hears the page that holds it and nobody else. self.origin is "null" here; location.origin is
// where the frame came from, which is the page's own origin.
"use strict";

addEventListener("message", async ({ data, source, origin }) => {
  if (source === self || source !== parent || origin !== location.origin) return;
  source.postMessage(await fetchStep(data.url, data.options), origin);
});
