// The page comes alive: folium has made the map, the groups of bands and the roads; the rest is drawn from the data.
// One state stands behind everything; whoever changes it calls set, which solves anew what must be solved and shows it.

/** Called by folium's script with its map and its layers. */
async function startPage(map, drawn) {
  connectLanguage();
  if (!window.DecompressionStream) {
    document.querySelector(".opening").textContent = texts.too_old;
    return;
  }
  const parts = await unpackParcel();
  const model = buildModel(parts);
  const wanted = readAddress();
  const state = buildState(map, model, wanted);
  const showAll = () => map.fitBounds(study.bounds, { padding: [12, 12], animate: false, maxZoom: 12 });
  showAll();
  map.setMinZoom(map.getZoom() - 1);
  map.setMaxZoom(16);
  map.getContainer().setAttribute("role", "group");
  state.points = drawPoints(state);
  state.places = new PlacesLayer(model);
  state.areas = drawAreas(parts);
  const layers = { points: state.points, places: state.places, roads: drawn.roads, backdrop: drawn.backdrop, labels: drawLabels(map), areas: state.areas };
  if (study.tiles) layers.tiles = backgroundTiles(map);
  addMapControls(map, showAll);
  connectLayerBoxes(map, layers);
  const panel = connectPanel();
  state.openPanel = (focused) => { panel.open(); focused?.focus(); focused?.scrollIntoView({ block: "center" }); };
  connectPopups(map);
  connectAsking(state, panel);
  connectArea(state);
  connectChange(state);
  connectAreaChanges(state);
  connectControls(state);
  connectSize(map, showAll, state.places);
  languageListeners.push(() => { map.closePopup(); nameMapButtons(map); state.set({}); });
  setLanguage(wanted.language);
  document.body.classList.remove("loading");
  document.body.dataset.ready = "yes";
  (window.requestIdleCallback ?? setTimeout)(() => rehearse(state));
}

function buildState(map, model, { network, level, season }) {
  const state = {
    map, model, network, level, season, against: null, area: -1, catchment: -1, view: "time", within: study.minutes.length,
    changeWithin: null,
    scenario: scenarioOf(network),
    changed: () => countEdits(editsOf(state.network)) > 0,
    differs: () => state.changed() || state.before.season !== state.season,
    scenarioName: () => (state.scenario >= 0 ? study.scenarios[state.scenario].name : texts.scenario_own),
    switchPoint(point, open) {
      state.network.open[point] = open;
      state.set({ network: state.network, scenario: scenarioOf(state.network) });
    },
    moveUpOrDown(point, to) {
      state.network.level[point] = to;
      state.set({ network: state.network, scenario: scenarioOf(state.network) });
    },
    set(changes) {
      Object.assign(state, changes);
      if (!state.solved || state.solved.season !== state.season) state.solved = solve(model, state.season, state.network);
      else if ("network" in changes) follow(model, state.solved, state.network);
      state.outcomes = study.norms.map((_, position) => checkNorms(model, state.solved, position));
      const against = state.against ?? state.season;
      if (state.before?.season !== against) state.before = solve(model, against, baseNetwork());
      showState(state);
    },
  };
  return state;
}

function showState(state) {
  showTitle(state);
  showLegend(state);
  showArea(state);
  showNorms(state);
  showChange(state);
  showMap(state);
  state.points.refresh();
  keepAddress(state);
}

/** Tiles from the one server that the study names; areas are then seen through. */
function backgroundTiles(map) {
  const layer = L.tileLayer(study.tiles, { maxZoom: 19 });
  layer.on("add remove", ({ type }) => map.getContainer().classList.toggle("over-tiles", type === "add"));
  return layer;
}

/** Let the browser translate what a change runs before the reader makes the first: it takes a third of the time then. */
function rehearse(state) {
  const { model } = state;
  if (!model.keys.length) return;
  const trial = solve(model, state.season, baseNetwork());
  for (const open of [false, true, false]) {
    const network = baseNetwork();
    network.open[study.points.order[0]] = open;
    follow(model, trial, network);
    impactOf(state, trial);
    peopleByChange(model, state.before, trial, state.level, CHANGE_COLOURS.length);
  }
}

/** Bands are of the network as it is; dots take over where they no longer hold, and changed areas on the map of change. */
function showMap(state) {
  const { model, solved, level, season } = state;
  const original = !state.changed() && hasBands(season) && state.view === "time";
  const changes = state.view === "change" ? changesOf(state) : null;
  if (original) state.areas.showBands(season, level, state.within);
  else if (changes) state.areas.showChange(state.before.season, level, thresholdOfChange(state, changes), changes);
  else state.areas.hide(true);
  const of = new Int8Array(model.count);
  const owner = solved.owner[level];
  const served = state.catchment < 0 ? null : (place) => owner[place] === state.catchment;
  if (state.view === "change") {
    const [was, is] = [state.before.unit[level], solved.unit[level]];
    for (let place = 0; place < model.count; place += 1) of[place] = changeKind(was[place], is[place]);
    state.places.show({ of, colours: CHANGE_COLOURS, ring: served, plain: false, quiet: 3 });
  } else {
    const colours = [...study.bands.slice(0, -1).map((band) => band.colour), UNREACHED_DOT, "#2b2f36"];
    const bands = solved.band[level];
    for (let place = 0; place < model.count; place += 1) {
      of[place] = original ? colours.length - 1 : bands[place] >= state.within ? study.minutes.length : bands[place];
    }
    state.places.show({ of, colours, ring: served, plain: original });
  }
  const notes = [];
  if (!original && !changes && study.bandAreas.length) {
    const name = study.seasons[0]?.[language];
    notes.push(name && !hasBands(1) ? fill(texts.areas_hidden, { season: name }) : texts.areas_hidden_plain);
  }
  if (served) {
    notes.push(fill(texts.catchment_shown, { name: short(study.points.name[state.catchment]), people: countText(servedBy(model, solved, state.catchment, level)), level: levelName(level) }));
  }
  const note = document.getElementById("map-note");
  setText(note, notes.join(" "));
  note.hidden = !notes.length;
}

function connectControls(state) {
  for (const [name, change] of [["level", (value) => ({ level: value })], ["season", (value) => ({ season: value })]]) {
    for (const choice of document.querySelectorAll(`input[name="${name}"]`)) {
      choice.checked = Number(choice.value) === state[name];
      choice.addEventListener("change", () => {
        state.set(change(Number(choice.value)));
        if (name === "season") state.afterSeason?.();
      });
    }
  }
  const within = document.getElementById("within");
  within.value = String(state.within);
  within.addEventListener("input", () => state.set({ within: Number(within.value) }));
  for (const button of document.querySelectorAll(".print")) {
    button.addEventListener("click", () => printOn(button.dataset.paper));
  }
}

/** The address carries the view, so that a link shows what its sender saw. Writing it costs more than a change: later. */
function keepAddress(state) {
  if (!document.body.dataset.ready) return;
  clearTimeout(state.address);
  state.address = setTimeout(() => {
    try {
      history.replaceState(null, "", writeAddress(state));
    } catch { /* a frame without an address of its own */ }
  }, 200);
}

/** Keep the map in its frame: when the panel opens, when a phone turns, and on paper. */
function connectSize(map, showAll, places) {
  let closed = [];
  const paint = () => { if (map.hasLayer(places)) places.paint(); };
  new ResizeObserver(() => { if (!isPrinting()) map.invalidateSize({ animate: false }); }).observe(map.getContainer());
  connectPaper(map, {
    showAll,
    columns: [["#area-changes", "#change-key"], [".panel .legend"], [".panel .key"]],
    prepare: () => {
      closed = [...document.querySelectorAll(".panel details:not([open]):not(#point-list)")];
      closed.forEach((details) => { details.open = true; details.dispatchEvent(new Event("toggle")); }); // paper has nothing to click
    },
    fitted: paint,
    restore: () => closed.forEach((details) => { details.open = false; }),
    restored: paint,
  });
}
