// One call of fetch(), told as plain data. A classic script, because a sandboxed frame, whose
// origin is opaque, may load no module from the page's server.
"use strict";

globalThis.fetchStep = async (url, options) => {
  try {
    const response = await fetch(url, options);
    return {
      ok: true,
      status: response.status,
      type: response.type,
      redirected: response.redirected,
      headers: Object.fromEntries(response.headers),
      text: (await response.text()).slice(0, 300),
    };
  } catch (error) {
    return { ok: false, error: String(error) };
  }
};
