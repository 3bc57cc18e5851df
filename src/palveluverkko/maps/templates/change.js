// Trying a change: points on and off, levels up and down, what it does to people, and the way back to study.toml.

const OWN = -2;

/** The network of a scenario of the study; -1 is the study's own. */
function networkOf(scenario) {
  const network = baseNetwork();
  if (scenario < 0) return network;
  const { close, open, move } = study.scenarios[scenario];
  for (const point of close) network.open[point] = false;
  for (const point of open) network.open[point] = true;
  for (const [point, level] of move) network.level[point] = level;
  return network;
}

/** The scenario of the study that makes a network: -1 where nothing is changed, OWN where none does. */
function scenarioOf(network) {
  const same = (other) => other.open.every((open, point) => open === network.open[point])
    && other.level.every((level, point) => level === network.level[point]);
  if (same(baseNetwork())) return -1;
  const found = study.scenarios.findIndex((_, scenario) => same(networkOf(scenario)));
  return found < 0 ? OWN : found;
}

/** What a network changes: ids to close, to open, and new levels. */
function editsOf(network) {
  const base = baseNetwork();
  const ids = study.points.id;
  const where = (test) => ids.map((_, point) => point).filter(test);
  return {
    close: where((point) => base.open[point] && !network.open[point]).map((point) => ids[point]),
    open: where((point) => !base.open[point] && network.open[point]).map((point) => ids[point]),
    move: where((point) => base.level[point] !== network.level[point]).map((point) => [ids[point], study.levels[network.level[point]].code]),
  };
}

function countEdits({ close, open, move }) {
  return close.length + open.length + move.length;
}

/** A basic string of TOML: what JSON writes, and the delete character, which TOML wants escaped too. */
function tomlText(text) {
  return JSON.stringify(text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, "\ufffd")).replace(/\x7f/g, "\\u007f");
}

/** The change as study.toml takes it. */
function scenarioToml(network, name) {
  const { close, open, move } = editsOf(network);
  const lines = ["[[scenario]]", `name = ${tomlText(name)}`];
  if (close.length) lines.push(`close = [${close.map(tomlText).join(", ")}]`);
  if (open.length) lines.push(`open = [${open.map(tomlText).join(", ")}]`);
  if (move.length) lines.push(`change_level = { ${move.map(([id, code]) => `${tomlText(id)} = ${tomlText(code)}`).join(", ")} }`);
  return `${lines.join("\n")}\n`;
}

/** The state as the part of an address after #, and back. */
function writeAddress(state) {
  const words = new URLSearchParams();
  words.set("level", study.levels[state.level].code);
  if (state.season) words.set("season", String(state.season));
  if (language !== study.language) words.set("language", language);
  const { close, open, move } = editsOf(state.network);
  close.forEach((id) => words.append("close", id));
  open.forEach((id) => words.append("open", id));
  move.forEach((pair) => words.append("move", JSON.stringify(pair)));
  return `#${words}`;
}

function readAddress() {
  const words = new URLSearchParams(location.hash.slice(1));
  const network = baseNetwork();
  const at = (id) => study.points.id.indexOf(id);
  for (const id of words.getAll("close")) if (at(id) >= 0) network.open[at(id)] = false;
  for (const id of words.getAll("open")) if (at(id) >= 0) network.open[at(id)] = true;
  for (const pair of words.getAll("move")) {
    try {
      const [id, code] = JSON.parse(pair);
      const level = study.levels.findIndex((one) => one.code === code);
      if (at(id) >= 0 && level >= 0) network.level[at(id)] = level;
    } catch { /* an address that somebody mistyped changes nothing */ }
  }
  return {
    network,
    level: Math.max(0, study.levels.findIndex((level) => level.code === words.get("level"))),
    season: Math.min(Math.max(0, Number(words.get("season")) || 0), Math.max(0, study.seasons.length - 1)),
    language: study.languages[words.get("language")] ? words.get("language") : study.language,
  };
}

function connectChange(state) {
  document.getElementById("change").hidden = !state.model.keys.length;
  if (!state.model.keys.length) return;
  const scenario = document.getElementById("scenario");
  const against = document.getElementById("against");
  const write = () => {
    writeChoices(scenario, [[-1, texts.scenario_base], ...study.scenarios.map(({ name }, position) => [position, name]), [OWN, texts.scenario_own]]);
    scenario.value = String(state.scenario);
    writeChoices(against, study.seasons.length > 1
      ? study.seasons.map((season, position) => [position, fill(texts.against_season, { season: season[language] })])
      : [[0, texts.against_base]]);
    against.value = String(state.against ?? state.season);
    writePoints(state);
  };
  write();
  languageListeners.unshift(write);
  state.afterSeason = () => { against.value = String(state.against ?? state.season); };
  scenario.addEventListener("change", () => {
    const chosen = Number(scenario.value);
    const network = chosen === OWN ? state.network : networkOf(chosen);
    // Of a scenario of the study the areas are known: they show best what it does.
    state.set({ scenario: chosen, network, view: showsAreas(state, chosen) ? "change" : chosen === -1 ? "time" : state.view });
  });
  against.addEventListener("change", () => state.set({ against: Number(against.value) }));
  for (const choice of document.querySelectorAll('input[name="view"]')) {
    choice.addEventListener("change", () => state.set({ view: choice.value }));
  }
  document.getElementById("reset").addEventListener("click", () => {
    state.set({ scenario: -1, network: baseNetwork(), view: "time" });
    scenario.focus();
  });
  connectCarrying(state);
}

function showsAreas(state, scenario) {
  const found = changesOf({ ...state, scenario });
  return scenario >= 0 && found !== null && found.positions.length > 0;
}

function writeChoices(select, choices) {
  select.replaceChildren(...choices.map(([value, label]) => element("option", { value }, label)));
}

/** A row for each point: open or not, and its level. */
function writePoints(state) {
  const rows = study.points.id.map((_, point) => {
    const name = study.points.name[point];
    const box = element("input", { type: "checkbox", "data-point": point });
    box.addEventListener("change", () => state.switchPoint(point, box.checked));
    const select = element("select", { "data-point": point, "aria-label": `${texts.point_level}: ${name}` },
      ...study.levels.map((level, position) => element("option", { value: position }, level.code)));
    select.addEventListener("change", () => state.moveUpOrDown(point, Number(select.value)));
    const kind = study.points.status[point] === "candidate" ? element("span", { class: "hint" }, texts.candidate) : "";
    return { box, select, row: element("tr", null, element("td", null, element("label", null, box, " ", element("span", null, name), " ", kind)), element("td", null, select)) };
  });
  state.pointRows = rows;
  document.querySelector(".point-table tbody").replaceChildren(...rows.map(({ row }) => row));
  followPoints(state);
}

/** Keep the list in step with the network; setting a box or a list that is right already costs as much as one that is not. */
function followPoints(state) {
  state.pointRows.forEach((row, point) => {
    const [open, level] = [state.network.open[point], state.network.level[point]];
    if (row.open !== open || row.box.checked !== open) row.box.checked = open;
    if (row.level !== level || row.select.selectedIndex !== level) row.select.selectedIndex = level;
    [row.open, row.level] = [open, level];
  });
}

function showChange(state) {
  if (!state.model.keys.length) return;
  const edits = countEdits(editsOf(state.network));
  const scenario = document.getElementById("scenario");
  if (scenario.value !== String(state.scenario)) scenario.value = String(state.scenario);
  setText(document.getElementById("change-count"), edits ? `(${fill(texts.changed_points, { count: formatNumber(edits) })})` : "");
  document.getElementById("carry").hidden = !edits;
  setText(document.getElementById("toml"), edits ? scenarioToml(state.network, state.scenarioName()) : "");
  document.querySelector(`input[name="view"][value="${state.view}"]`).checked = true;
  followPoints(state);
  showImpact(state);
  showAreaChanges(state);
  showChangeKey(state);
}

/** Who gains and who loses, by level, and who falls out of a norm. */
function showImpact(state) {
  const body = document.getElementById("impact-body");
  document.getElementById("change").classList.toggle("unchanged", !state.differs());
  if (!state.differs()) { renew(body, element("p", { class: "hint" }, texts.impact_none)); return; }
  renew(body, ...impactOf(state, state.solved));
}

function impactOf(state, solved) {
  const outcomes = study.levels.map((_, level) => compare(state.model, state.before, solved, level));
  const more = (units) => (Number.isNaN(units) ? "–" : fill(texts.minutes, { minutes: `+${formatNumber(minutesOf(units), 1)}` }));
  const row = (label, write) => element("tr", null, heading(label, "row"), ...outcomes.map((outcome) => cell(...write(outcome))));
  const table = element("table", { id: "impact-table" },
    element("thead", null, element("tr", null, heading(spoken().page.people), ...study.levels.map((level) => heading(level.code, "col", true)))),
    element("tbody", null,
      row(texts.impact_longer, ({ longer }) => countCell(longer)),
      row(texts.impact_cut, ({ cut }) => countCell(cut)),
      row(texts.impact_shorter, ({ shorter }) => countCell(shorter)),
      row(texts.impact_mean, ({ mean }) => [more(mean)]),
      row(texts.impact_worst, ({ worst, where }) => (!where.length ? ["–"]
        : [fill(texts.minutes, { minutes: `+${formatNumber(minutesOf(worst))}` }), element("br"), element("span", { class: "hint" }, placesText(state.model, where))]))));
  return [table, ...normsCrossed(state, solved)];
}

/** Who falls out of each target and who comes within it; a target that nobody crosses is not listed. */
function normsCrossed(state, solved) {
  if (!study.norms.length) return [];
  const crossings = study.norms.map((_, position) => crossNorm(state.model, state.before, solved, position));
  const list = (way) => {
    const items = crossings.flatMap((crossing, position) => (crossing[way].high
      ? [element("li", null, `${spoken().norms[position]}: `, element("strong", null, fill(texts.people_of_level, { people: countText(crossing[way]) })))] : []));
    return items.length ? [element("ul", { class: `norms-${way}` }, ...items)] : [];
  };
  const said = (text) => element("p", { class: "impact-norms" }, text);
  const [out, within] = [list("out"), list("in")];
  return [said(out.length ? texts.impact_norm : texts.impact_norm_nobody), ...out, ...(within.length ? [said(texts.impact_norm_gain), ...within] : [])];
}

function changeLabel(kind) {
  return fill(texts[`change_${kind}`], { last: formatNumber(CHANGE_STEP) });
}

/** The key of the map of change, with the people of each colour. */
function showChangeKey(state) {
  const table = document.getElementById("change-key");
  table.hidden = state.view !== "change";
  document.body.classList.toggle("shows-change", !table.hidden);
  if (table.hidden) return;
  const people = peopleByChange(state.model, state.before, state.solved, state.level, CHANGE_COLOURS.length);
  renew(table, element("caption", null, `${texts.change_title}: ${levelName(state.level)}`),
    element("tbody", null, ...CHANGE_COLOURS.map((colour, kind) => {
      const swatch = element("span", { class: "swatch round" });
      swatch.style.background = colour;
      return element("tr", null, element("th", { scope: "row" }, swatch, changeLabel(kind)), cell(...countCell(pick(people, kind))));
    })));
}

function connectCarrying(state) {
  const said = document.getElementById("carried");
  document.getElementById("copy-link").addEventListener("click", async () => {
    const address = location.href.split("#")[0] + writeAddress(state);
    try {
      await navigator.clipboard.writeText(address);
      said.textContent = texts.copied;
    } catch { // a page from disk or in a frame may not touch the clipboard
      said.textContent = texts.copy_by_hand;
    }
  });
  document.getElementById("download").addEventListener("click", () => {
    const address = URL.createObjectURL(new Blob([scenarioToml(state.network, state.scenarioName())], { type: "text/plain" }));
    element("a", { href: address, download: "scenario.toml" }).click();
    setTimeout(() => URL.revokeObjectURL(address), 1000);
  });
}
