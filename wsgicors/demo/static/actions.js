// What the page can do in a scenario. Each action has `code`, which is what the row shows, and
// `run`, which does it and tells what came of it as plain data: { ok: true, ... },
// { ok: false, error } or { unsupported: reason }. What should come of it is not known here.

import { t } from "./words.js";

const FETCH_OPTIONS = ["method", "headers", "body", "mode", "credentials"];
const BOX = 64; // the size of half.png, whose right half is transparent

export const ACTIONS = {
  fetch: {
    code: (step, url) => `await fetch(\n  ${literal(url)}${optionsCode(fetchOptions(step))}\n)`,
    run: (step, url) => fetchStep(url, fetchOptions(step)),
  },
  "sandboxed-fetch": {
    code: (step, url) => `// in <iframe sandbox="allow-scripts">\nawait fetch(\n  ${literal(url)}\n)`,
    run: (step, url) => inSandbox({ url, options: fetchOptions(step) }),
  },
  xhr: { code: xhrCode, run: xhr },
  "css-font": {
    code: (step, url) => `@font-face {\n  font-family: letters;\n  src: url(${literal(url)});\n}`,
    run: attempt(cssFont),
  },
  "script-font": {
    code: (step, url) => `await new FontFace("letters", 'url(${literal(url)})').load()`,
    run: attempt(scriptFont),
  },
  canvas: {
    code: (step, url) => `${imageCode(step, url)}\ncontext.drawImage(image, 0, 0);\ncontext.getImageData(0, 0, 1, 1)`,
    run: attempt(async (step, url) => readPixel(await loadImage(step, url))),
  },
  webgl: {
    code: (step, url) => `${imageCode(step, url)}\ngl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, image)`,
    run: attempt(webgl),
  },
  video: {
    code: (step, url) => `video${crossOriginCode(step)}.src = ${literal(url)};\ncontext.drawImage(video, 0, 0);\ncontext.getImageData(0, 0, 1, 1)`,
    run: attempt(video),
  },
  shape: {
    code: (step, url) => `.box {\n  float: left;\n  shape-outside: url(${literal(url)});\n}`,
    run: attempt(shape),
  },
  module: {
    code: (step, url) => `await import(${literal(url)})`,
    run: attempt(async (step, url) => ({ ok: true, detail: (await import(url)).greeting })),
  },
  wait: {
    code: (step) => `// wait ${step.seconds} seconds`,
    run: async (step) => {
      await pause(step.seconds * 1000);
      return { ok: true, detail: t("Waited {seconds} seconds", { seconds: step.seconds }) };
    },
  },
};

/** Do one step; what hangs is given up after a while, so that Run all always comes to an end. */
export function perform(step, url) {
  const late = { ok: false, error: t("TimeoutError: no result within 20 seconds") };
  return Promise.race([ACTIONS[step.do].run(step, url), pause(20_000).then(() => late)]);
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Turn a function that returns a result or throws into an action's `run`. */
function attempt(deed) {
  return async (step, url) => {
    try {
      return await deed(step, url);
    } catch (error) {
      return { ok: false, error: String(error) };
    }
  };
}

// --- fetch() and XMLHttpRequest ---

function fetchOptions(step) {
  return Object.fromEntries(FETCH_OPTIONS.filter((name) => name in step).map((name) => [name, step[name]]));
}

async function inSandbox(call) {
  const frame = document.createElement("iframe");
  frame.sandbox = "allow-scripts";
  frame.hidden = true;
  frame.src = "/static/frame.html";
  document.body.append(frame);
  await new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
  const answer = answerFrom(frame.contentWindow);
  frame.contentWindow.postMessage(call, "*");
  return answer.finally(() => frame.remove());
}

function answerFrom(sender) {
  return new Promise((resolve) => {
    const listen = ({ source, origin, data }) => {
      if (source !== sender || origin !== "null") return;
      removeEventListener("message", listen);
      resolve(data);
    };
    addEventListener("message", listen);
  });
}

function xhr(step, url) {
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open(step.method ?? "GET", url);
    request.withCredentials = Boolean(step.withCredentials);
    if (step.upload) request.upload.addEventListener("progress", () => {});
    request.addEventListener("load", () => resolve({ ok: true, status: request.status, text: request.responseText }));
    request.addEventListener("error", () => resolve({ ok: false, error: t("the request's error event, with no reason") }));
    request.send(step.body);
  });
}

// --- fonts ---

let families = 0;

function newFamily() {
  families += 1;
  return `letters-${families}`;
}

async function cssFont(step, url) {
  const family = newFamily();
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`@font-face { font-family: "${family}"; src: url("${url}"); }`);
  document.adoptedStyleSheets.push(sheet);
  await document.fonts.load(`16px "${family}"`, "CORS");
  const face = [...document.fonts].find((candidate) => candidate.family.includes(family));
  if (face.status !== "loaded") throw new Error(t("the font's status is {status}", { status: face.status }));
  return { ok: true, detail: t("The font is loaded") };
}

async function scriptFont(step, url) {
  await new FontFace(newFamily(), `url("${url}")`).load();
  return { ok: true, detail: t("The font is loaded") };
}

// --- images and video ---

async function loadImage(step, url) {
  const image = new Image();
  if (step.crossOrigin) image.crossOrigin = step.crossOrigin;
  await loaded(image, "load", url);
  return image;
}

function loaded(element, event, url) {
  return new Promise((resolve, reject) => {
    element.addEventListener(event, resolve, { once: true });
    element.addEventListener("error", () => reject(new Error(t("it does not load"))), { once: true });
    element.src = url;
  });
}

function readPixel(source) {
  return shownPixel(pixelOf(source));
}

function pixelOf(source) {
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d");
  context.drawImage(source, 0, 0);
  return context.getImageData(0, 0, 1, 1).data;
}

function shownPixel(pixel) {
  return { ok: true, detail: t("The pixel at 0, 0 is {colour}", { colour: `rgba(${pixel.join(", ")})` }) };
}

async function webgl(step, url) {
  const gl = document.createElement("canvas").getContext("webgl");
  if (!gl) return { unsupported: t("This browser has no WebGL") };
  try {
    const image = await loadImage(step, url);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, image);
    return { ok: true, detail: t("The texture is on the graphics card") };
  } finally {
    gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

async function video(step, url) {
  const element = document.createElement("video");
  if (!element.canPlayType('video/webm; codecs="vp8"')) return { unsupported: t("This browser plays no WebM") };
  if (step.crossOrigin) element.crossOrigin = step.crossOrigin;
  element.muted = true;
  element.preload = "auto";
  await loaded(element, "loadeddata", url);
  let pixel = pixelOf(element);
  // As long as it is transparent, nothing of the video was drawn, and so nothing of it was read either.
  for (let waited = 0; pixel[3] === 0 && waited < 1500; waited += 50) {
    await pause(50);
    pixel = pixelOf(element);
  }
  return shownPixel(pixel);
}

/** A float as wide as the image, with a word beside it: the shape is in force once the word moves in. */
async function shape(step, url) {
  const stage = document.createElement("div");
  const float = document.createElement("div");
  const word = document.createElement("span");
  stage.className = "stage";
  Object.assign(float.style, { float: "left", width: `${BOX}px`, height: `${BOX}px`, shapeOutside: `url("${url}")` });
  word.textContent = "word";
  stage.append(float, word);
  document.body.append(stage);
  try {
    return { ok: true, detail: t("The text moves in to {left} of {box} pixels", { left: await movedTo(stage, word), box: BOX }) };
  } finally {
    stage.remove();
  }
}

async function movedTo(stage, word) {
  for (let waited = 0; waited < 1500; waited += 50) {
    await pause(50);
    const left = Math.round(word.getBoundingClientRect().left - stage.getBoundingClientRect().left);
    if (left < BOX) return left;
  }
  throw new Error(t("the text keeps clear of the whole box"));
}

// --- how it is written ---

function literal(value) {
  return JSON.stringify(value);
}

function optionsCode(options) {
  if (Object.keys(options).length === 0) return "";
  const written = JSON.stringify(options, null, 2).replace(/^(\s*)"(\w+)":/gm, "$1$2:");
  return `,\n  ${written.replaceAll("\n", "\n  ")}`;
}

function xhrCode(step, url) {
  const lines = [
    "const request = new XMLHttpRequest()",
    `request.open(${literal(step.method ?? "GET")}, ${literal(url)})`,
    step.withCredentials ? "request.withCredentials = true" : null,
    step.upload ? 'request.upload.addEventListener("progress", draw)' : null,
    `request.send(${step.body ? literal(step.body) : ""})`,
  ];
  return lines.filter(Boolean).join("\n");
}

function crossOriginCode(step) {
  return step.crossOrigin ? `.crossOrigin = ${literal(step.crossOrigin)};\nvideo` : "";
}

function imageCode(step, url) {
  const crossOrigin = step.crossOrigin ? `image.crossOrigin = ${literal(step.crossOrigin)};\n` : "";
  return `${crossOrigin}image.src = ${literal(url)};`;
}
