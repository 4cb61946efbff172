// A message of a console leads to the section that explains it, ahead of all that Sphinx finds.
// CONSOLES is written by consoles.py: anchor, title, explanation and messages of each section, in which "..." is anything.

const wordsOf = (text) => (text.toLowerCase().match(/[\p{Letter}\p{Number}]+/gu) ?? []).join(" ");

// How many letters of a message were pasted: all of its fixed parts in order, or a piece of it.
const pasted = (message, query) => {
  const said = ` ${wordsOf(query)} `;
  // Not every release tells the status.
  const parts = message.replace(/Status code: .*$/, "").split("...").map(wordsOf).filter(Boolean);
  let place = 0;
  for (const part of parts) {
    place = said.indexOf(` ${part} `, place);
    if (place < 0) break;
    place += part.length + 1;
  }
  if (place > 0) return parts.join(" ").length;
  // A word or two, or the name of a header, is no piece of a message.
  const piece = query.trim().split(/\s+/).length > 2 || /\bERR_/.test(query);
  return piece && ` ${parts.join(" ")} `.includes(said) ? said.length : 0;
};

const explained = (query) =>
  CONSOLES.map(([anchor, title, explanation, messages]) => ({
    anchor,
    title,
    explanation,
    letters: Math.max(...messages.map((message) => pasted(message, query))),
  })).filter(({ letters }) => letters);

document.addEventListener("DOMContentLoaded", () => {
  const found = Search._performSearch;
  Search._performSearch = (query, ...terms) => {
    const page = Search._index.docnames.indexOf("troubleshooting");
    // The last one is shown first.
    const sections = explained(query).reverse().sort((a, b) => a.letters - b.letters);
    return [
      ...found(query, ...terms),
      ...sections.map(({ anchor, title, explanation, letters }) => [
        "troubleshooting",
        `${Search._index.titles[page]} > ${title}`,
        `#${anchor}`,
        explanation,
        letters,
        Search._index.filenames[page],
        "title",
      ]),
    ];
  };
});
