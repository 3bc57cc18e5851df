// Service points as shapes; a change of the network changes them at once.

const POINT_SIZES = { near: 24, far: 34 };

function pointSize(levelPosition) {
  const steps = Math.max(1, study.levels.length - 1);
  return POINT_SIZES.near + ((POINT_SIZES.far - POINT_SIZES.near) * levelPosition) / steps;
}

/** Draw the service points: a shape, a colour and a code for each level, larger for farther-reaching ones. Where the state
    shows a level, points that do not offer it fade. */
function drawPoints(state) {
  const markers = study.points.id.map((_, position) => L.marker([study.points.lat[position], study.points.lon[position]], {
    icon: pointIcon(position, state.network),
    zIndexOffset: 1000 * study.points.level[position],
    riseOnHover: true,
  }).bindTooltip(() => element("span", null, pointName(position, state.network)), { direction: "top", offset: [0, -12] }));
  const layer = Object.assign(L.layerGroup(markers), { markers, refresh() {
    markers.forEach((marker, position) => {
      const shown = `${pointStatus(position, state.network)} ${state.network.level[position]}`;
      if ((marker.shown ?? shown) !== shown) marker.setIcon(pointIcon(position, state.network));
      marker.shown = shown;
      const name = pointName(position, state.network);
      const drawn = marker.getElement();
      if (drawn && drawn.getAttribute("aria-label") !== name) drawn.setAttribute("aria-label", name);
      const full = state.level === null || offers(state.network, position, state.level) || !state.network.open[position];
      if (marker.options.opacity !== (full ? 1 : 0.55)) marker.setOpacity(full ? 1 : 0.55);
    });
  } });
  layer.on("add", () => setTimeout(() => layer.refresh()));
  return layer;
}

function pointStatus(position, network) {
  if (network.open[position]) return "open";
  return study.points.status[position] === "candidate" ? "candidate" : "closed";
}

function pointName(position, network) {
  const status = pointStatus(position, network);
  const name = fill(texts.marker, { name: study.points.name[position], level: levelName(network.level[position]) });
  return status === "open" ? name : `${name}, ${texts[status]}`;
}

/** What a point is: "Aluetaso", "Lähitaso, suljettu". */
function pointKind(position, network) {
  const status = pointStatus(position, network);
  const level = levelName(network.level[position]);
  return status === "open" ? level : `${level}, ${texts[status]}`;
}

function pointIcon(position, network) {
  const level = study.levels[network.level[position]];
  const status = pointStatus(position, network);
  const size = pointSize(network.level[position]);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#shape-${level.shape}`);
  svg.setAttribute("class", `shape shape-${status}`);
  svg.setAttribute("aria-hidden", "true");
  svg.style.setProperty("--level-colour", level.colour);
  svg.append(use);
  const code = level.code.length <= 2 ? element("span", { "aria-hidden": "true" }, level.code) : null;
  return L.divIcon({
    html: element("div", { class: `point point-${status}` }, svg, ...(code ? [code] : [])),
    iconSize: [size, size],
    className: "point-icon",
  });
}

function popupHeading(name, kind) {
  return [element("h3", null, name), element("p", { class: "popup-kind" }, kind)];
}

/** The point's own services where they are known, else the menus of its level and of every nearer one. */
function servicesList(position, level) {
  const own = study.points.services[position];
  const menu = servedLevels(level).reverse().flatMap((one) => spoken().levels[one].menu);
  const services = own.length ? own : menu;
  if (!services.length) return null;
  return element("details", { open: "" },
    element("summary", null, own.length ? texts.services : texts.level_menu),
    element("ul", null, ...services.map((service) => element("li", null, service))));
}
