// The page's sentences in its language. English stands in the source; the server sends the others.

let catalogue = {};

/** @param words the translations by their English sentence. */
export function learn(words) {
  catalogue = words;
}

/** t("{count} rows", { count: 3 }): the sentence in the page's language, its braces filled. */
export function t(sentence, values = {}) {
  return (catalogue[sentence] ?? sentence).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
