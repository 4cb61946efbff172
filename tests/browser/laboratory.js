// Runs in the page: takes cases from the server of the page, tries them, tells what came of them.

const PAGE = "$page";
const AT_ONCE = 24;

const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

const attempt = async ({ url, pause, headers, body, ...rest }) => {
  await sleep(pause);
  const began = Date.now() / 1000;
  try {
    const options = { ...rest, headers, signal: AbortSignal.timeout(20000) };
    const response = await fetch(url, body === null ? options : { ...options, body });
    return { began, ...await read(response) };
  } catch (error) {
    return { began, outcome: error.name };
  }
};

const read = async (response) => ({
  outcome: response.type,
  status: response.status,
  url: response.url,
  headers: Object.fromEntries(response.headers),
  body: await response.text(),
});

const tried = async ({ id, steps }) => {
  const outcomes = [];
  for (const step of steps) outcomes.push(await attempt(step));
  return { id, outcomes };
};

const all = async (cases) => {
  const results = [];
  const work = async () => {
    while (cases.length) results.push(await tried(cases.shift()));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
};

const serve = async () => {
  for (;;) {
    const job = await (await fetch(`/job?page=${encodeURIComponent(PAGE)}`)).json();
    if (job.go) return location.replace(job.go);
    // Firefox distrusts what it remembers about an address when it looks there first.
    await all(job.first);
    const results = await all(job.cases);
    await fetch("/results", { method: "POST", body: JSON.stringify(results) });
  }
};
serve();
