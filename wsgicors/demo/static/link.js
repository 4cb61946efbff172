// A link that shows a row again as it stands here: "#run=ID&layer=wsgi&allow_origins=…". The
// fragment never leaves the browser, so nobody else's page is changed by it.

/** What the link asks for: { run, layer, fields }; `fields` is null where no policy is given. */
export function wanted() {
  const { run, layer, ...fields } = Object.fromEntries(new URLSearchParams(location.hash.slice(1)));
  return { run, layer, fields: Object.keys(fields).length ? fields : null };
}

/** @param fields of a changed policy, or null. */
export function linkTo(run, layer, fields) {
  const url = new URL(location.href);
  url.hash = new URLSearchParams({ run, layer, ...fields });
  return url.href;
}

/** Show in the address bar what is on the screen. */
export function show(link) {
  history.replaceState(null, "", link);
}
