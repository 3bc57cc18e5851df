// Asking the map: a click or a search tells of a place, a click on a service point tells of the point.

const FOUND = 8;

function peopleText({ people, suppressed }, place) {
  if (!suppressed[place]) return fill(texts.population, { people: formatNumber(people.known[place]) });
  return fill(texts.population_hidden, { least: formatNumber(people.low[place]), most: formatNumber(people.high[place]) });
}

/** A place: the nearest point of each level with minutes and band, the next nearest, and the way to its area. */
function placePopup(state, place) {
  const { model, solved } = state;
  const area = model.area ? model.area[place] : -1;
  const kind = [area < 0 ? "" : study.areas.name[area], peopleText(model, place)].filter(Boolean).join(", ");
  const rows = study.levels.map((_, level) => {
    const unit = solved.unit[level][place];
    const owner = solved.owner[level][place];
    const swatch = element("span", { class: "swatch" });
    swatch.style.background = study.bands[bandOf(unit)].colour;
    const next = nearestPoints(model, state.season, state.network, level, place)[1];
    return element("tr", null, heading(levelName(level), "row"),
      element("td", { class: "number" }, swatch, minutesText(unit), element("br"), element("span", { class: "hint" }, spoken().bands[bandOf(unit)])),
      element("td", null, owner < 0 ? "" : study.points.name[owner],
        ...(next ? [element("br"), element("span", { class: "hint" }, fill(texts.next_nearest, { name: study.points.name[next[0]], minutes: minutesText(next[1]) }))] : [])));
  });
  const table = element("table", null,
    element("thead", null, element("tr", null, heading(texts.level), heading(texts.travel_time, "col", true), heading(texts.service_point))),
    element("tbody", null, ...rows));
  const parts = [...popupHeading(model.names[place], kind), table];
  if (area >= 0) {
    const button = element("button", { type: "button", class: "link" }, fill(texts.show_area, { name: study.areas.name[area] }));
    button.addEventListener("click", () => { state.set({ area }); state.openPanel(document.getElementById("area")); });
    parts.push(button);
  }
  return element("div", { class: "popup" }, ...parts);
}

function pointPopup(state, position) {
  const { network, model } = state;
  const open = network.open[position];
  const parts = popupHeading(study.points.name[position], pointKind(position, network));
  if (open && model.count) parts.push(peopleServed(state, position), catchmentButton(state, position));
  if (model.keys.length) {
    parts.push(popupButton(state, position, { class: "switch-point" }, open ? texts.close_point : texts.open_point,
      () => state.switchPoint(position, !open)));
  }
  parts.push(servicesList(position, network.level[position]));
  return element("div", { class: "popup" }, ...parts.filter(Boolean));
}

function peopleServed(state, position) {
  const levels = servedLevels(state.network.level[position]);
  return element("table", null, element("caption", null, texts.serves),
    element("tbody", null, ...levels.map((level) => element("tr", null, heading(levelName(level), "row"),
      cell(fill(texts.people_of_level, { people: countText(servedBy(state.model, state.solved, position, level)) }))))));
}

function catchmentButton(state, position) {
  const shown = state.catchment === position;
  return popupButton(state, position, { class: "catchment", "aria-pressed": String(shown) }, shown ? texts.catchment_hide : texts.catchment,
    () => state.set({ catchment: shown ? -1 : position }));
}

/** A button that changes what its own popup tells. The click goes no further: Leaflet would take it for one on the map. */
function popupButton(state, position, attributes, label, act) {
  const button = element("button", { type: "button", ...attributes }, label);
  button.addEventListener("click", (event) => {
    event.stopPropagation();
    act();
    const popup = state.points.markers[position].getPopup();
    popup.setContent(pointPopup(state, position));
    popup.getElement()?.querySelector(`.${attributes.class}`)?.focus({ preventScroll: true });
  });
  return element("p", { class: "popup-buttons" }, button);
}

/** Show a place or a point: where it is, and what is known of it. */
function tell(state, kind, position) {
  const { map } = state;
  const zoom = Math.max(map.getZoom(), Math.min(9, map.getMaxZoom()));
  if (kind === "service_point") {
    const box = document.querySelector('input[data-layer="points"]');
    if (!box.checked) box.click();
    const marker = state.points.markers[position];
    map.setView(marker.getLatLng(), zoom, { animate: false });
    marker.openPopup();
    return;
  }
  map.setView(state.places.latLngOf(position), zoom, { animate: false });
  openPlace(state, position);
}

function openPlace(state, place) {
  state.shownPlace = place;
  L.popup({ maxWidth: 360, autoPanPadding: [20, 20] }).setLatLng(state.places.latLngOf(place)).setContent(placePopup(state, place)).openOn(state.map);
}

function connectAsking(state, panel) {
  const { map } = state;
  state.points.markers.forEach((marker, position) => marker.bindPopup(() => pointPopup(state, position), { maxWidth: 320 }));
  map.on("click", ({ latlng }) => {
    const place = state.places.nearestTo(latlng, 120);
    if (place >= 0) openPlace(state, place);
  });
  for (const button of document.querySelectorAll(".show-on-map")) {
    button.addEventListener("click", () => { panel.close(); tell(state, button.dataset.kind, Number(button.dataset.position)); });
  }
  connectSearch(state, panel);
}

const SORTED = 2000; // more than these nobody looks through, and sorting them would be felt

/** As people look names up: Kylä 2 before Kylä 10, points and areas before places of the same name. */
function inOrder(entries) {
  if (entries.length > SORTED) return entries;
  const { compare } = new Intl.Collator(language, { numeric: true });
  return entries.sort((one, other) => compare(one.plain, other.plain));
}

function connectSearch(state, panel) {
  const input = document.getElementById("search");
  const list = document.getElementById("found");
  const status = document.getElementById("search-count");
  const plain = (text) => text.toLocaleLowerCase(language).trim();
  const entries = [
    ...study.points.name.map((name, position) => ({ name, kind: "service_point", position })),
    ...study.areas.name.map((name, position) => ({ name, kind: "area", position })),
    ...state.model.names.map((name, position) => ({ name, kind: "place", position })),
  ].map((entry) => ({ ...entry, plain: plain(entry.name) }));
  const clear = () => { list.hidden = true; list.replaceChildren(); status.textContent = ""; };
  const choose = (entry) => {
    clear();
    input.value = entry.name;
    if (entry.kind === "area") { state.set({ area: entry.position }); state.openPanel(document.getElementById("area")); return; }
    input.focus();
    panel.close();
    tell(state, entry.kind, entry.position);
  };
  const seek = () => {
    const wanted = plain(input.value);
    clear();
    if (!wanted) return;
    const matching = entries.filter((entry) => entry.plain.includes(wanted));
    const first = inOrder(matching.filter((entry) => entry.plain.startsWith(wanted)));
    const found = [...first, ...inOrder(matching.filter((entry) => !entry.plain.startsWith(wanted)))];
    status.textContent = found.length ? fill(texts.search_found, { count: formatNumber(found.length) }) : texts.search_none;
    list.replaceChildren(...found.slice(0, FOUND).map((entry) => {
      const kind = entry.kind === "area" ? texts.area_choose : texts[entry.kind];
      const button = element("button", { type: "button" }, short(entry.name), " ", element("span", { class: "hint" }, kind));
      button.addEventListener("click", () => choose(entry));
      return element("li", null, button);
    }));
    list.hidden = !found.length;
  };
  input.addEventListener("input", seek);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === "ArrowDown") {
      const first = list.querySelector("button");
      if (first) { event.preventDefault(); if (event.key === "Enter") first.click(); else first.focus(); }
    }
    if (event.key === "Escape") clear();
  });
  list.addEventListener("keydown", (event) => {
    const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
    if (event.key === "Escape") { clear(); input.focus(); }
    if (!step) return;
    event.preventDefault();
    (event.target.closest("li")[step]?.firstElementChild ?? input).focus();
  });
}
