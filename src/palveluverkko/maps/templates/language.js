// The page speaks Finnish, Swedish and English; whoever shows a text of the page listens for a change.

let language = study.language;
let texts = study.languages[language].texts;
let number = study.languages[language].number;
const languageListeners = [];

/** Names, labels and sentences of the language that is shown. */
function spoken() {
  return study.languages[language];
}

function levelName(position) {
  return spoken().levels[position].name;
}

function setLanguage(code) {
  language = code;
  texts = spoken().texts;
  number = spoken().number;
  document.documentElement.lang = code;
  for (const button of document.querySelectorAll("[data-language]")) {
    button.setAttribute("aria-pressed", String(button.dataset.language === code));
  }
  const say = (attribute, words) => {
    for (const one of document.querySelectorAll(`[data-${attribute}]`)) one.textContent = words(one.getAttribute(`data-${attribute}`));
  };
  say("page", (key) => spoken().page[key]);
  say("app", (key) => texts[key]);
  say("level", levelName);
  say("band", (position) => spoken().bands[position]);
  say("season", (position) => study.seasons[position][code]);
  const group = (number) => spoken().findings.groups[Number(number)];
  say("finding-heading", (number) => group(number).heading);
  say("finding-number", (number) => group(number).number);
  say("finding-more", (number) => group(number).more);
  say("finding", (where) => { const [number, position] = where.split(" "); return group(number).details[Number(position)]; });
  say("fingerprint", (fingerprint) => fill(texts.fingerprint, { fingerprint }));
  for (const one of document.querySelectorAll("[data-page-label]")) one.setAttribute("aria-label", spoken().page[one.dataset.pageLabel]);
  for (const one of document.querySelectorAll("[data-app-label]")) one.setAttribute("aria-label", texts[one.dataset.appLabel]);
  document.getElementById("notes").replaceChildren(...spoken().notes.map((note) => element("p", null, note)));
  setText(document.getElementById("on-paper"), spoken().notes.at(-1) ?? ""); // whose the data are, and of which day
  languageListeners.forEach((listener) => listener());
}

function connectLanguage() {
  for (const button of document.querySelectorAll("[data-language]")) {
    button.addEventListener("click", () => setLanguage(button.dataset.language));
  }
}
