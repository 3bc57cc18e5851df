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

/** The least and the most that a sum of people can be where counts are hidden; null where nothing is. */
function boundsText({ known, low, high }) {
  const [least, most] = [formatNumber(low), formatNumber(high)];
  if (least === most) return least === formatNumber(known) ? null : least;
  return `${least}–${most}`;
}

/** Write a sum of people; where counts are hidden, what it can be stands below what is known. */
function countCell(sum) {
  const bounds = boundsText(sum);
  return [formatNumber(sum.known), ...(bounds === null ? [] : [element("br"), element("span", { class: "hint bounds" }, bounds)])];
}

/** In a sentence what it can be stands in place of what is known. */
function countText(sum) {
  return boundsText(sum) ?? formatNumber(sum.known);
}

/** Put a text where it is not yet: what stays the same costs no layout. */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Put children in place of others that differ from them. */
function renew(parent, ...children) {
  const same = parent.childNodes.length === children.length
    && children.every((child, position) => child instanceof Node && child.isEqualNode(parent.childNodes[position]));
  if (!same) parent.replaceChildren(...children);
}

/** Build an element from attributes and children; strings become text nodes. */
function element(tag, attributes, ...children) {
  const built = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) built.setAttribute(name, value);
  built.append(...children.filter((child) => child !== null));
  return built;
}
