// The page of a check: roads by the source of their speed, parts off the main network, doubtful points and places.

const DOUBTS_AS_MARKERS = 1500; // more than this are dots on a canvas

function startCheck() {
  const map = L.map("map_study", { zoomControl: false, attributionControl: false, zoomSnap: 0.25, zoomDelta: 0.5 });
  const showAll = () => map.fitBounds(study.bounds, { padding: [12, 12], animate: false });
  showAll();
  map.setMinZoom(map.getZoom() - 1);
  map.getContainer().setAttribute("role", "group");
  for (const [name, height] of [["roads", 310], ["islands", 360], ["closed", 370], ["doubts", 620], ["labels", 450]]) {
    map.createPane(name).style.zIndex = height;
  }
  map.getPane("labels").style.pointerEvents = "none";
  const spots = drawSpots();
  const layers = { ...drawSources(), islands: drawIslands(), closed: drawClosed(), points: drawStudyPoints(), labels: drawLabels(map), ...spots.layers };
  addMapControls(map, showAll);
  connectLayerBoxes(map, layers);
  connectPopups(map);
  connectSpots(map, spots.markers, connectPanel());
  new ResizeObserver(() => { if (!isPrinting()) map.invalidateSize({ animate: false }); }).observe(map.getContainer());
  connectPaper(map, { showAll, columns: [[".panel .doubts"], [".panel .sources"]] });
}

/** The service points of the study with their services. */
function drawStudyPoints() {
  const network = baseNetwork();
  const layer = drawPoints({ network, level: null });
  layer.markers.forEach((marker, position) => marker.bindPopup(() => element("div", { class: "popup" },
    ...popupHeading(study.points.name[position], pointKind(position, network)), servicesList(position, network.level[position])), { maxWidth: 300 }));
  return layer;
}

/** One layer for each source, main roads on top. */
function drawSources() {
  const layers = {};
  for (const source of study.sources) layers[`source-${source.source}`] = L.layerGroup();
  const colours = Object.fromEntries(study.sources.map((source) => [source.source, source.colour]));
  for (const road of study.roads) {
    const line = L.polyline(road.lines.map((line) => line.map(([lon, lat]) => [lat, lon])), {
      pane: "roads", interactive: false, color: colours[road.source], weight: road.weight, opacity: 0.85,
      dashArray: road.dashed ? "5 5" : null, smoothFactor: 0.7,
    });
    layers[`source-${road.source}`]?.addLayer(line);
  }
  return layers;
}

function drawIslands() {
  return L.layerGroup(study.islands.map((island) => L.polyline(
    island.lines.map((line) => line.map(([lon, lat]) => [lat, lon])),
    { pane: "islands", color: study.islandColour, weight: 4, opacity: 0.85 },
  ).bindPopup(() => islandPopup(island), { maxWidth: 300 })));
}

function islandPopup(island) {
  const rows = [
    [texts.kilometres, formatNumber(island.kilometres, 1)],
    [texts.places, formatNumber(island.places)],
    [texts.people, formatNumber(island.people)],
    ...(island.near ? [[texts.near, island.near]] : []),
  ];
  return element(
    "div", { class: "popup" },
    element("h3", null, island.kind),
    element("table", null, element("tbody", null, ...rows.map(([name, value]) => element(
      "tr", null, element("th", { scope: "row" }, name), element("td", { class: "number" }, value))))),
    element("p", { class: "popup-kind" }, fill(texts.edges, { count: formatNumber(island.edges) })),
    island.servicePoints
      ? element("p", { class: "popup-kind" }, fill(texts.service_points, { count: formatNumber(island.servicePoints) }))
      : null,
  );
}

/** Roads that keep places from every service because a tag closes them: between the dashes a click is heard too. */
function drawClosed() {
  return L.layerGroup(study.closedRoads.flatMap((road) => {
    const at = road.line.map(([lon, lat]) => [lat, lon]);
    const look = { pane: "closed", color: study.closedColour };
    const heard = L.polyline(at, { ...look, weight: 12, opacity: 0 });
    heard.bindPopup(() => closedRoadPopup(road), { maxWidth: 300 });
    return [heard, L.polyline(at, { ...look, weight: 4, opacity: 0.9, dashArray: "7 6", interactive: false })];
  }));
}

function closedRoadPopup(road) {
  return element(
    "div", { class: "popup" },
    road.name ? element("h3", null, road.name) : null,
    element("p", null, fill(texts.closed_road, {
      way: road.way, places: formatNumber(road.places), people: formatNumber(road.people) })),
  );
}

/** Doubts by kind: each kind is a layer of its own, so that it can be put away. */
function drawSpots() {
  const layers = {};
  const kindOf = {};
  for (const kind of study.kinds) {
    layers[`kind-${kind.verdict}`] = L.layerGroup();
    kindOf[kind.verdict] = kind;
  }
  const many = study.spots.length > DOUBTS_AS_MARKERS;
  const renderer = many ? L.canvas({ pane: "doubts", tolerance: 4 }) : undefined;
  const markers = study.spots.map((spot) => {
    const kind = kindOf[spot.verdict];
    const place = spot.subject === "place";
    const at = [spot.lat, spot.lon];
    const marker = many
      ? L.circleMarker(at, { pane: "doubts", renderer, radius: 4, stroke: false, fillOpacity: 0.8, fillColor: place ? "#34495e" : "#a3210f" })
      : L.marker(at, { pane: "doubts", icon: L.divIcon({
        html: element("span", { class: place ? "badge badge-place" : "badge", "aria-hidden": "true" }, String(kind.number)),
        className: "doubt-icon", iconSize: [20, 20] }) });
    marker.bindPopup(() => spotPopup(spot, kind), { maxWidth: 300 });
    marker.on("add", () => marker.getElement?.()?.setAttribute("aria-label", `${kind.name}: ${spot.name}`));
    layers[`kind-${spot.verdict}`].addLayer(marker);
    return marker;
  });
  return { layers, markers };
}

function spotPopup(spot, kind) {
  return element(
    "div", { class: "popup" },
    element("h3", null, spot.name),
    element("p", { class: "popup-kind" }, `${spot.subject === "place" ? texts.place : texts.service_point}, ${spot.id}`),
    element("p", null, kind.name),
    spot.people > 0 ? element("p", null, fill(texts.population, { people: formatNumber(spot.people) })) : null,
    spot.minutes !== undefined
      ? element("p", null, fill(texts.without_tags, { minutes: formatNumber(spot.minutes), ways: spot.ways }))
      : null,
  );
}

function connectSpots(map, markers, panel) {
  for (const button of document.querySelectorAll(".show-on-map")) {
    button.addEventListener("click", () => {
      const position = Number(button.dataset.position);
      const box = document.querySelector(`input[data-layer="kind-${study.spots[position].verdict}"]`);
      if (!box.checked) box.click();
      panel.close();
      map.setView(markers[position].getLatLng(), Math.max(map.getZoom(), 12), { animate: false });
      markers[position].openPopup();
    });
  }
}
