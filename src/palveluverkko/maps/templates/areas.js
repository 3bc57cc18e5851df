// Areas: the bands of each level and season, and what a change of the network gains and loses. They come packed as
// whole parts of a degree; a corner that two areas share is the same number in both, so no gap opens between them.

/** Unpack shapes into polygons of rings of [latitude, longitude]. */
function unpackShapes(parts, name) {
  const tree = parts[`${name}_tree`];
  if (!tree) return [];
  const running = (values) => {
    const sums = Float64Array.from(values);
    for (let at = 1; at < sums.length; at += 1) sums[at] += sums[at - 1];
    return sums;
  };
  const [x, y] = [running(parts[`${name}_x`]), running(parts[`${name}_y`])];
  const shapes = [];
  let [node, corner] = [0, 0];
  while (node < tree.length) {
    const shape = [];
    for (let polygons = tree[node++]; polygons > 0; polygons -= 1) {
      const polygon = [];
      for (let rings = tree[node++]; rings > 0; rings -= 1) {
        const ring = [];
        for (const end = corner + tree[node++]; corner < end; corner += 1) ring.push([y[corner] / study.grid, x[corner] / study.grid]);
        polygon.push(ring);
      }
      shape.push(polygon);
    }
    shapes.push(shape);
  }
  return shapes;
}

/** The bands of each season and level as groups of polygons, made when they are first shown. */
function buildBands(parts) {
  const shapes = unpackShapes(parts, "bands");
  const groups = new Map();
  return (season, level) => {
    const key = `${season} ${level}`;
    if (!groups.has(key)) {
      // A hair of stroke in the same colour closes the seam that antialiasing leaves between two bands.
      const polygons = study.bandAreas.flatMap(([ofSeason, ofLevel, band], position) => (ofSeason !== season || ofLevel !== level ? []
        : [Object.assign(areaPolygon(shapes[position], { fillColor: study.bands[band].colour, color: study.bands[band].colour, weight: 0.7 }), { band })]));
      groups.set(key, L.layerGroup(polygons));
    }
    return groups.get(key);
  };
}

function areaPolygon(shape, look) {
  // Leaflet's own smoothing would pull neighbours apart: none.
  return L.polygon(shape, { pane: "bands", interactive: false, smoothFactor: 0, fillOpacity: 1, opacity: 1, ...look });
}

const CHANGED_LOOKS = {
  lost: { fillColor: "url(#hatch-lost)", color: "#8c3a00", weight: 1.3 },
  gained: { fillColor: "url(#hatch-gained)", color: "#3f1a75", weight: 1.3 },
};
const KEPT_COLOUR = "#b7d0dc";

/** Whether areas of a season are known for the network that is shown: then they are drawn, else dots alone. */
function hasBands(season) {
  return study.bandAreas.some(([ofSeason]) => ofSeason === season);
}

/** What is known of the areas between what is compared: positions in study.areaChanges, and whether it goes backwards. */
function changesOf(state) {
  const against = state.against ?? state.season;
  const known = (scenario, from, to) => study.areaChanges.map((_, position) => position)
    .filter((position) => { const one = study.areaChanges[position]; return one.scenario === scenario && one.from === from && one.to === to; });
  if (state.scenario === OWN) return null;
  if (study.comparisons.some(([scenario, from, to]) => scenario === state.scenario && from === against && to === state.season)) {
    return { positions: known(state.scenario, against, state.season), backwards: false };
  }
  if (state.scenario < 0 && study.comparisons.some(([scenario, from, to]) => scenario < 0 && from === state.season && to === against)) {
    return { positions: known(-1, state.season, against), backwards: true };
  }
  return null;
}

/** Square kilometres lost and gained, [change][level][threshold]. */
function changedKilometres({ positions, backwards }) {
  const sums = { lost: study.levels.map(() => study.minutes.map(() => 0)), gained: study.levels.map(() => study.minutes.map(() => 0)) };
  for (const position of positions) {
    const { change, level, threshold, km2 } = study.areaChanges[position];
    sums[turned(change, backwards)][level][threshold] += km2;
  }
  return sums;
}

function turned(change, backwards) {
  return backwards ? { lost: "gained", gained: "lost" }[change] : change;
}

/** The threshold at which a level changes most: what is shown until the reader chooses. */
function mostChanged({ lost, gained }, level) {
  const sizes = study.minutes.map((_, threshold) => lost[level][threshold] + gained[level][threshold]);
  const most = Math.max(...sizes);
  return most > 0 ? sizes.indexOf(most) : study.minutes.length - 1;
}

/** The layer of areas: bands where they hold, and on the map of change what stays, is lost and is gained. */
function drawAreas(parts) {
  const bands = buildBands(parts);
  const shapes = unpackShapes(parts, "changes");
  const layer = L.layerGroup();
  let shown = "";
  const put = (key, make) => {
    if (shown === key) return;
    shown = key;
    layer.clearLayers();
    make().forEach((one) => layer.addLayer(one));
  };
  return Object.assign(layer, {
    /** Bands of a season up to a threshold. */
    showBands(season, level, within) {
      const group = bands(season, level);
      group.eachLayer((polygon) => {
        const seen = polygon.band < within ? 1 : 0;
        if (polygon.options.fillOpacity !== seen) polygon.setStyle({ fillOpacity: seen, opacity: seen });
      });
      put(`bands ${season} ${level}`, () => [group]);
      this.hide(false);
    },
    /** What a change does to the area within a threshold. */
    showChange(from, level, threshold, { positions, backwards }) {
      put(`change ${from} ${level} ${threshold} ${backwards} ${positions.join()}`, () => {
        const kept = [];
        bands(from, level).eachLayer((polygon) => {
          if (polygon.band <= threshold) kept.push(areaPolygon(polygon.getLatLngs(), { fillColor: KEPT_COLOUR, color: KEPT_COLOUR, weight: 0.7 }));
        });
        return [...kept, ...positions.filter((position) => study.areaChanges[position].level === level && study.areaChanges[position].threshold === threshold)
          .map((position) => {
            const change = turned(study.areaChanges[position].change, backwards);
            return areaPolygon(shapes[position], { ...CHANGED_LOOKS[change], className: `changed-${change}` });
          })];
      });
      this.hide(false);
    },
    /** Hidden areas stay drawn: putting a large drawing away and back costs more than a whole change. */
    hide(hidden) {
      const pane = this._map?.getPane("bands") ?? document.querySelector(".leaflet-bands-pane");
      if (pane.hidden !== hidden) pane.hidden = hidden;
    },
  });
}

/** The key and the table of areas lost and gained, with the threshold that the map shows. */
function showAreaChanges(state) {
  const section = document.getElementById("area-changes");
  const changes = state.view === "change" ? changesOf(state) : null;
  section.hidden = changes === null || !study.areaChanges.length;
  document.getElementById("area-changes-more").hidden = section.hidden;
  if (section.hidden) return;
  const sums = changedKilometres(changes);
  const select = document.getElementById("change-within");
  const threshold = thresholdOfChange(state, changes);
  const options = study.minutes.map((_, position) => element("option", { value: position }, fill(texts.minutes, { minutes: thresholdText(position) })));
  renew(select, ...options);
  select.value = String(threshold);
  const size = (km2) => fill(texts.square_kilometres, { area: formatNumber(km2, km2 > 0 && km2 < 10 ? 1 : 0) });
  const row = (kind, label, km2) => element("tr", null, element("th", { scope: "row" }, element("span", { class: `swatch swatch-${kind}` }), label), cell(km2));
  renew(document.getElementById("area-key"),
    element("caption", null, `${levelName(state.level)}, ${fill(texts.area_within, { minutes: thresholdText(threshold) })}`),
    element("tbody", null, row("kept", texts.area_kept, ""),
      row("lost", texts.area_lost, size(sums.lost[state.level][threshold])), row("gained", texts.area_gained, size(sums.gained[state.level][threshold]))));
  const body = (change, label) => element("tbody", null, element("tr", null, element("th", { scope: "rowgroup", colspan: study.levels.length + 1 }, label)),
    ...study.minutes.map((_, position) => element("tr", null, heading(fill(texts.area_within, { minutes: thresholdText(position) }), "row"),
      ...study.levels.map((_, level) => { const km2 = sums[change][level][position]; return cell(formatNumber(km2, km2 > 0 && km2 < 10 ? 1 : 0)); }))));
  renew(document.getElementById("area-change-table"),
    element("caption", null, texts.area_changes_caption),
    element("thead", null, element("tr", null, heading(texts.travel_time), ...study.levels.map((level) => heading(level.code, "col", true)))),
    body("lost", texts.area_lost), body("gained", texts.area_gained));
}

function thresholdOfChange(state, changes) {
  return state.changeWithin ?? mostChanged(changedKilometres(changes), state.level);
}

function connectAreaChanges(state) {
  const select = document.getElementById("change-within");
  select.addEventListener("change", () => state.set({ changeWithin: Number(select.value) }));
}
