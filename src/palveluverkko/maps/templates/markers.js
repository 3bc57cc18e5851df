// Service points as shapes, places as dots.

const POINT_SIZES = { near: 24, far: 34 };
const DOTS_AS_SVG = 500; // more dots than this are drawn on a canvas: 5,000 SVG circles make panning stutter

/** Draw the service points: a shape, a colour and a code for each level, larger for farther-reaching ones. */
function drawPoints() {
  const markers = study.points.id.map((_, position) => {
    const level = study.levels[study.points.level[position]];
    const name = fill(texts.marker, { name: study.points.name[position], level: level.name });
    const marker = L.marker([study.points.lat[position], study.points.lon[position]], {
      icon: pointIcon(position),
      zIndexOffset: 1000 * study.points.level[position],
      riseOnHover: true,
    });
    marker.bindPopup(() => pointPopup(position), { maxWidth: 300 });
    marker.bindTooltip(element("span", null, name), { direction: "top", offset: [0, -12] });
    marker.on("add", () => marker.getElement().setAttribute("aria-label", name));
    return marker;
  });
  return Object.assign(L.layerGroup(markers), { markers });
}

function pointSize(levelPosition) {
  const steps = Math.max(1, study.levels.length - 1);
  return POINT_SIZES.near + ((POINT_SIZES.far - POINT_SIZES.near) * levelPosition) / steps;
}

function pointIcon(position) {
  const level = study.levels[study.points.level[position]];
  const size = pointSize(study.points.level[position]);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#shape-${level.shape}`);
  svg.setAttribute("class", `shape shape-${study.points.status[position]}`);
  svg.setAttribute("aria-hidden", "true");
  svg.style.setProperty("--level-colour", level.colour);
  svg.append(use);
  const code = level.code.length <= 2 ? element("span", { "aria-hidden": "true" }, level.code) : null;
  return L.divIcon({
    html: element("div", { class: `point point-${study.points.status[position]}` }, svg, code),
    iconSize: [size, size],
    className: "point-icon",
  });
}

/** Fade the points that do not offer the shown level. */
function fadePoints(points, levelPosition) {
  const serving = study.levels[levelPosition].serving;
  points.markers.forEach((marker, position) => {
    const offers = serving.includes(study.points.level[position]) && study.points.status[position] === "open";
    marker.setOpacity(offers || study.points.status[position] !== "open" ? 1 : 0.55);
  });
}

/** Draw the places: the area of a dot follows the population. */
function drawPlaces(map) {
  const places = study.places;
  const largest = Math.max(1, ...places.population.map((population) => population ?? 0));
  const dense = places.id.length > DOTS_AS_SVG;
  // Many dots would hide the bands beneath: then they are fine and faint, and have no rim.
  const look = dense
    ? { widest: 6, least: 1.3, stroke: false, fillOpacity: 0.5 }
    : { widest: 15, least: 2.5, stroke: true, fillOpacity: 0.55 };
  const renderer = dense ? L.canvas({ pane: "places", padding: 0.3, tolerance: 4 }) : undefined;
  const order = places.id.map((_, position) => position)
    .sort((one, other) => (places.population[other] ?? 0) - (places.population[one] ?? 0)); // small ones on top
  const markers = [];
  for (const position of order) {
    const population = Math.max(0, places.population[position] ?? 0);
    markers[position] = L.circleMarker([places.lat[position], places.lon[position]], {
      pane: "places",
      renderer,
      radius: Math.max(look.least, look.widest * Math.sqrt(population / largest)),
      stroke: look.stroke, color: "#ffffff", weight: 1, opacity: 0.9,
      fillColor: "#2b2f36", fillOpacity: look.fillOpacity,
    }).bindPopup(() => placePopup(position), { maxWidth: 340 });
  }
  return Object.assign(L.layerGroup(order.map((position) => markers[position])), { markers });
}
