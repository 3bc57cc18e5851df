// The words of the page of a check, which speaks one language.

const texts = study.texts;
const number = study.number;
