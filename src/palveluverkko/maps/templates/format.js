// The small words of the page's script: numbers as the language writes them, elements from text. Texts of the user
// enter the document as text nodes only, so nothing in them is ever read as HTML.

const study = JSON.parse(document.getElementById("study-data").textContent);

/** Write a number as the page's language does: 12 345,6 or 12,345.6. */
function formatNumber(value, decimals = 0) {
  const [whole, fraction] = value.toFixed(decimals).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, number.group);
  return fraction ? grouped + number.decimal + fraction : grouped;
}

/** Write a share of 0 to 1 as a percentage. */
function formatShare(share) {
  return formatNumber(100 * share, 1) + number.percent;
}

/** Fill "{name}" in a text of the page. */
function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

/** Build an element from attributes and children; strings become text nodes. */
function element(tag, attributes, ...children) {
  const built = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) built.setAttribute(name, value);
  built.append(...children.filter((child) => child !== null));
  return built;
}
