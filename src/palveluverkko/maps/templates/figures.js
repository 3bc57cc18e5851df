// Legend, area, targets: figures of the solution that is shown, each also a table.

function minutesText(unit) {
  if (unit === FAR) return texts.unreached;
  const minutes = minutesOf(unit);
  return fill(texts.minutes, { minutes: formatNumber(minutes, Number.isInteger(minutes) ? 0 : 1) });
}

function thresholdText(position) {
  const minutes = minutesOf(study.minutes[position]);
  return formatNumber(minutes, Number.isInteger(minutes) ? 0 : 1);
}

function heading(text, scope = "col", number = false) {
  return element("th", number ? { scope, class: "number" } : { scope }, text);
}

function cell(...content) {
  return element("td", { class: "number" }, ...content);
}

/** Title in words: "Lähitaso (L), talvi, matka palveluun". */
function showTitle(state) {
  const level = levelName(state.level);
  const code = study.levels[state.level].code;
  const named = level.includes(code) && level.length < 4 ? level : `${level} (${code})`;
  const rest = spoken().subtitles[state.season] || spoken().subtitle;
  const scenario = state.changed() ? `, ${state.scenarioName()}` : "";
  document.getElementById("subtitle").textContent = (rest ? `${named}, ${rest}` : named) + scenario;
}

function showLegend(state) {
  const people = peopleByBand(state.model, state.solved, state.level);
  const total = people.reduce((sum, each) => sum + each, 0);
  document.getElementById("level-explained").textContent = spoken().levels[state.level].explained;
  const rows = document.querySelectorAll("#legend tbody tr, #legend tfoot tr");
  [...people, total].forEach((each, position) => {
    const share = total ? each / total : 0;
    rows[position].querySelector(".people").textContent = formatNumber(each);
    rows[position].querySelector(".share").textContent = formatShare(share);
    rows[position].style.setProperty("--share", share);
    rows[position].classList.toggle("beyond", position >= state.within && position < study.minutes.length);
  });
  const within = people.slice(0, state.within).reduce((sum, each) => sum + each, 0);
  document.getElementById("headline").textContent = total ? fill(texts.headline, {
    share: formatShare(within / total), people: formatNumber(within), minutes: thresholdText(state.within - 1),
  }) : "";
  const shown = fill(texts.minutes, { minutes: thresholdText(state.within - 1) });
  document.getElementById("within-shown").textContent = shown;
  document.getElementById("within").setAttribute("aria-valuetext", shown);
}

/** A bar for each level, a piece for each band; the table holds the same numbers. */
function showArea(state) {
  const sums = study.levels.map((_, level) => peopleByBand(state.model, state.solved, level, state.area));
  const total = sums[0].reduce((sum, each) => sum + each, 0);
  const chart = document.getElementById("area-chart");
  chart.replaceChildren(...sums.map((people, level) => {
    const bar = element("div", { class: "bar" });
    people.forEach((each, band) => {
      if (!each) return;
      const piece = element("span", null);
      piece.style.background = study.bands[band].colour;
      piece.style.flexGrow = each / total;
      bar.append(piece);
    });
    return element("div", { class: "bar-row" }, element("span", { class: "bar-name" }, levelName(level)), bar);
  }));
  const name = state.area < 0 ? texts.area_whole : study.areas.name[state.area];
  chart.setAttribute("aria-label", `${texts.area_chart}: ${name}`);
  document.getElementById("area-table").replaceChildren(
    element("caption", null, `${texts.area_chart}: ${name}`),
    element("thead", null, element("tr", null, heading(texts.travel_time), ...study.levels.map((level) => heading(level.code, "col", true)))),
    element("tbody", null, ...spoken().bands.map((label, band) => element("tr", null, heading(label, "row"),
      ...sums.map((people) => cell(formatNumber(people[band])))))),
    element("tfoot", null, element("tr", null, heading(spoken().page.total, "row"), ...sums.map(() => cell(formatNumber(total))))),
  );
  showSummary(state);
  showAreaNorms(state);
}

function showSummary(state) {
  const rows = study.levels.map((_, level) => summarise(state.model, state.solved, level, state.area));
  const column = (label, write) => element("tr", null, heading(label, "row"), ...rows.map((row) => cell(...write(row))));
  document.getElementById("area-summary").replaceChildren(
    element("thead", null, element("tr", null, heading(texts.travel_time), ...study.levels.map((level) => heading(level.code, "col", true)))),
    element("tbody", null,
      column(texts.median, (row) => [row.total ? minutesText(row.median) : "–"]),
      column(texts.p90, (row) => [row.total ? minutesText(row.p90) : "–"]),
      column(texts.longest, (row) => (row.where < 0 ? ["–"]
        : [minutesText(row.longest), element("br"), element("span", { class: "hint" }, short(state.model.names[row.where]))])),
      column(texts.not_reached, (row) => [formatNumber(row.missed)])),
  );
}

/** Long names are cut where they stand in a table of numbers. */
function short(name) {
  return name.length > 40 ? `${name.slice(0, 39)}…` : name;
}

function resultOf(outcome) {
  const { page } = spoken();
  const parts = [element("span", { class: `result ${outcome.passed ? "passed" : "failed"}` }, outcome.passed ? page.norm_passed : page.norm_failed)];
  if (!outcome.passed) parts.push(" ", element("span", { class: "hint" }, fill(page.norm_missing, { people: formatNumber(outcome.missing) })));
  return parts;
}

function showAreaNorms(state) {
  const holder = document.getElementById("area-norms");
  if (state.area < 0) { holder.replaceChildren(); return; }
  holder.replaceChildren(...study.norms.map((_, position) => {
    const outcome = checkNorms(state.model, state.solved, position)[state.area];
    return element("p", { class: "area-norm" }, `${spoken().norms[position]}: ${formatShare(outcome.share)} `, ...resultOf(outcome));
  }));
}

function showNorms(state) {
  const section = document.getElementById("norms");
  section.hidden = !study.norms.length || !state.model.count;
  const { page } = spoken();
  section.querySelector("tbody").replaceChildren(...study.norms.map((_, position) => {
    const outcomes = checkNorms(state.model, state.solved, position);
    const whole = outcomes.at(-1);
    const areas = study.areas.name.map((name, area) => ({ name, ...outcomes[area] }));
    const failing = areas.filter((area) => !area.passed);
    const counted = fill(page.norm_areas, { passed: areas.length - failing.length, all: areas.length });
    const below = !areas.length ? [] : !failing.length ? [element("span", { class: "hint" }, counted)] : [element(
      "details", null, element("summary", null, counted), element("p", null, page.norm_areas_failing),
      element("ul", null, ...failing.map((area) => element("li", null, `${area.name}: ${formatShare(area.share)}`))))];
    return element("tr", null, element("th", { scope: "row" }, spoken().norms[position], " ", ...below),
      cell(formatShare(whole.share)), element("td", null, ...resultOf(whole)));
  }));
}

function connectArea(state) {
  const select = document.getElementById("area");
  const write = () => {
    select?.replaceChildren(element("option", { value: "-1" }, texts.area_whole),
      ...study.areas.name.map((name, area) => element("option", { value: area }, name)));
    if (select) select.value = String(state.area);
  };
  write();
  languageListeners.unshift(write);
  select?.addEventListener("change", () => state.set({ area: Number(select.value) }));
}
