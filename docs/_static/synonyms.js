// What is looked up by other words than those of the pages. In Korean and Japanese, many pages are in English.
const SYNONYMS = {
  allowlist: "allow_origins",
  whitelist: "allow_origins",
  로컬호스트: "localhost",
  오리진: "origin",
  인증: "login",
  크리덴셜: "credentials",
  프리플라이트: "preflight",
  クッキー: "cookie",
  プリフライトリクエスト: "preflight",
  ローカルホスト: "localhost",
  認証: "login",
  認証情報: "credentials",
  資格情報: "credentials",
};

document.addEventListener("DOMContentLoaded", () => {
  const parsed = Search._parseQuery;
  Search._parseQuery = (query) => parsed(SYNONYMS[query.trim().toLowerCase()] ?? query);
});
