// What people look up comes first in a search, and how wsgicors is made comes last.
const LAST = /^(design|hot_path|performance)$/;
const FIRST = /^(options|troubleshooting|tutorial|howto\/)/;

// Sphinx declares it too, with "var".
var Scorer = {
  score: ([page, , , , score]) => score + (LAST.test(page) ? -100 : FIRST.test(page) ? 10 : 0),
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
