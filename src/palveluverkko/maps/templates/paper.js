// Paper: the first sheet holds the map and what explains it, and what they say in full comes after. What explains the
// map is moved below it or beside it, the map takes the room that is left, and afterwards everything goes back.

const PAPERS = ["a4", "a4-wide", "a3"];
const SHEETS = { a4: [186, 273], "a4-wide": [273, 186], a3: [396, 273] }; // millimetres within the margins of print.css
const MILLIMETRE = 96 / 25.4; // of CSS, on every screen and paper
const LEAST_MAP = 105; // millimetres: a lower map shows nothing, so what explains it gets smaller letters instead
const SMALLEST = 0.5;

function isPrinting() {
  return document.body.classList.contains("printing");
}

/** Lay out the sheet when the browser prints; columns hold the selectors of what explains the map. The page is told
    before and after the map gets its size, on paper and on the screen again. */
function connectPaper(map, { showAll, columns, prepare, fitted, restore, restored }) {
  const panel = document.getElementById("panel");
  let back = () => {};
  window.addEventListener("beforeprint", () => {
    const [shown, centre, zoom, least] = [map.getBounds(), map.getCenter(), map.getZoom(), map.getMinZoom()];
    const [focused, scrolled] = [document.activeElement, panel.scrollTop];
    document.body.classList.add("printing");
    prepare?.();
    const key = buildKey(columns);
    fitSheet(key.holder);
    map.invalidateSize({ animate: false, pan: false });
    map.setMinZoom(0); // a map on paper may be smaller than any on this screen
    if (shown.contains(study.bounds)) showAll();
    else map.fitBounds(shown, { animate: false });
    fitted?.();
    back = () => {
      document.body.classList.remove("printing");
      key.takeApart();
      document.querySelector(".map-frame").style.height = "";
      restore?.();
      map.invalidateSize({ animate: false, pan: false });
      map.setView(centre, zoom, { animate: false });
      map.setMinZoom(least);
      restored?.();
      panel.scrollTop = scrolled;
      if (document.activeElement !== focused) focused?.focus?.({ preventScroll: true });
    };
  });
  window.addEventListener("afterprint", () => back());
}

/** Print on a paper of a button. */
function printOn(paper) {
  for (const one of PAPERS) document.body.classList.toggle(`paper-${one}`, one === paper);
  window.print();
}

/** Put what explains the map together after it; what the view does not show stays where it is. */
function buildKey(columns) {
  const moved = [];
  const holder = element("div", { class: "sheet-key" }, ...columns.map((selectors) => {
    const shown = selectors.map((selector) => document.querySelector(selector)).filter((one) => one && !one.hidden);
    return shown.length ? element("div", null, ...shown.map((one) => {
      const mark = document.createComment("on paper");
      one.replaceWith(mark);
      moved.push([mark, one]);
      return one;
    })) : null;
  }));
  document.querySelector(".map-frame").after(holder);
  return { holder, takeApart: () => { moved.forEach(([mark, one]) => mark.replaceWith(one)); holder.remove(); } };
}

/** Give the map what the heading and the key leave of the sheet; where that is too little, the key is written smaller. */
function fitSheet(key) {
  const paper = PAPERS.find((one) => document.body.classList.contains(`paper-${one}`)) ?? "a4";
  const [width, height] = SHEETS[paper].map((side) => side * MILLIMETRE);
  const frame = document.querySelector(".map-frame");
  frame.style.height = "0";
  const above = frame.getBoundingClientRect().top - document.querySelector(".page").getBoundingClientRect().top;
  const room = height - above - MILLIMETRE; // a little less than all: letters are rounded otherwise on paper
  const most = width > height ? room : room - LEAST_MAP * MILLIMETRE;
  const needed = () => key.getBoundingClientRect().height;
  const fits = () => Math.min(most / needed(), key.clientWidth / key.scrollWidth);
  for (let size = 1; fits() < 1 && size > SMALLEST;) {
    size = Math.max(SMALLEST, 0.98 * size * fits());
    key.style.zoom = size;
  }
  frame.style.height = `${width > height ? room : room - needed()}px`;
}
