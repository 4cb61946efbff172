// Talks to the page's own server; of the API it knows nothing.

/** Send JSON and return what came back as { ok, body }, its sentences in the page's language. */
export async function ask(method, path, body) {
  const response = await fetch(`${path}?lang=${document.documentElement.lang}`, {
    method,
    headers: { "Content-Type": "application/json" },
    body: method === "GET" ? undefined : JSON.stringify(body ?? {}),
  });
  return { ok: response.ok, body: await response.json() };
}
