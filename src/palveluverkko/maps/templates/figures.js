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
  setText(document.getElementById("subtitle"), (rest ? `${named}, ${rest}` : named) + scenario);
}

function showLegend(state) {
  const sums = peopleByBand(state.model, state.solved, state.level);
  const total = totalOf(sums);
  setText(document.getElementById("level-explained"), spoken().levels[state.level].explained);
  const rows = document.querySelectorAll("#legend tbody tr, #legend tfoot tr");
  rows.forEach((row, position) => {
    const people = position < sums.known.length ? pick(sums, position) : total;
    const share = total.known ? people.known / total.known : 0;
    renew(row.querySelector(".people"), ...countCell(people).map(asNode));
    setText(row.querySelector(".share"), formatShare(share));
    if (row.style.getPropertyValue("--share") !== String(share)) row.style.setProperty("--share", share);
    row.classList.toggle("beyond", position >= state.within && position < study.minutes.length);
  });
  const within = totalOf(sums, state.within);
  setText(document.getElementById("headline"), total.known ? fill(texts.headline, {
    share: formatShare(within.known / total.known), people: countText(within), minutes: thresholdText(state.within - 1),
  }) : "");
  const shown = fill(texts.minutes, { minutes: thresholdText(state.within - 1) });
  setText(document.getElementById("within-shown"), shown);
  document.getElementById("within").setAttribute("aria-valuetext", shown);
  const hidden = state.model.hidden;
  const note = document.getElementById("hidden-note");
  note.hidden = !hidden;
  if (hidden) setText(note, fill(texts.hidden_note, { count: formatNumber(hidden) }));
}

function asNode(content) {
  return content instanceof Node ? content : document.createTextNode(content);
}

/** A bar for each level, a piece for each band; the table holds the same numbers. */
function showArea(state) {
  const sums = study.levels.map((_, level) => peopleByBand(state.model, state.solved, level, state.area));
  const total = totalOf(sums[0]);
  const chart = document.getElementById("area-chart");
  const name = state.area < 0 ? texts.area_whole : study.areas.name[state.area];
  renew(chart, ...sums.map(({ known }, level) => {
    const bar = element("div", { class: "bar" });
    known.forEach((each, band) => {
      if (!each) return;
      const piece = element("span", null);
      piece.style.background = study.bands[band].colour;
      piece.style.flexGrow = each / total.known;
      bar.append(piece);
    });
    return element("div", { class: "bar-row" }, element("span", { class: "bar-name" }, levelName(level)), bar);
  }));
  chart.setAttribute("aria-label", `${texts.area_chart}: ${name}`);
  renew(document.getElementById("area-table"),
    element("caption", null, `${texts.area_chart}: ${name}`),
    element("thead", null, element("tr", null, heading(texts.travel_time), ...study.levels.map((level) => heading(level.code, "col", true)))),
    element("tbody", null, ...spoken().bands.map((label, band) => element("tr", null, heading(label, "row"),
      ...sums.map((people) => cell(...countCell(pick(people, band))))))),
    element("tfoot", null, element("tr", null, heading(spoken().page.total, "row"), ...sums.map(() => cell(...countCell(total))))),
  );
  showSummary(state);
  showAreaNorms(state);
}

/** A time with its bounds below it where hidden counts make it uncertain. */
function timeCell({ known, low, high }) {
  const sum = known === null ? "–" : minutesText(known);
  if (low === high && low === known) return [sum];
  const [least, most] = [minutesText(low), minutesText(high)];
  return [sum, ...(least === most && least === sum ? [] : [element("br"), element("span", { class: "hint bounds" }, least === most ? least : `${least}–${most}`)])];
}

function showSummary(state) {
  const rows = study.levels.map((_, level) => summarise(state.model, state.solved, level, state.area));
  const column = (label, write) => element("tr", null, heading(label, "row"), ...rows.map((row) => cell(...write(row))));
  renew(document.getElementById("area-summary"),
    element("thead", null, element("tr", null, heading(texts.travel_time), ...study.levels.map((level) => heading(level.code, "col", true)))),
    element("tbody", null,
      column(texts.median, (row) => (row.total ? timeCell(row.median) : ["–"])),
      column(texts.p90, (row) => (row.total ? timeCell(row.p90) : ["–"])),
      column(texts.longest, (row) => (!row.where.length ? ["–"]
        : [minutesText(row.longest), element("br"), element("span", { class: "hint" }, placesText(state.model, row.where))])),
      column(texts.not_reached, (row) => countCell(row.missed))),
  );
}

const NAMED = 2; // places of one figure that are named before the rest are counted

/** Name the places of a figure: all that share the minutes shown, for which is the farthest is a matter of seconds. */
function placesText({ names }, where) {
  const some = where.length > NAMED + 1 ? NAMED : where.length; // "and one other" would be as long as its name
  const named = inOrder(where.map((place) => ({ plain: names[place] }))).slice(0, some).map(({ plain }) => short(plain)).join(", ");
  return some < where.length ? fill(texts.and_others, { named, count: formatNumber(where.length - some) }) : named;
}

/** Long names are cut where they stand in a table of numbers. */
function short(name) {
  return name.length > 40 ? `${name.slice(0, 39)}…` : name;
}

/** Met or not, what is short, and whether the hidden counts could turn it. */
function resultOf({ passed, certain }, shortage) {
  const { page } = spoken();
  const parts = [element("span", { class: `result ${passed ? "passed" : "failed"}` }, passed ? page.norm_passed : page.norm_failed)];
  if (!passed) parts.push(" ", element("span", { class: "hint" }, shortage));
  if (!certain) parts.push(" ", element("span", { class: "hint" }, page.norm_uncertain));
  return parts;
}

function missingText({ missing }) {
  return fill(spoken().page.norm_missing, { people: countText(missing) });
}

function showAreaNorms(state) {
  const holder = document.getElementById("area-norms");
  if (state.area < 0) { renew(holder); return; }
  renew(holder, ...study.norms.map((_, position) => {
    const outcome = state.outcomes[position][state.area];
    return element("p", { class: "area-norm" }, `${spoken().norms[position]}: ${formatShare(outcome.share)} `,
      ...(isBinding(position, state.area) ? resultOf(outcome, missingText(outcome)) : [element("span", { class: "hint" }, spoken().page.norm_not_here)]));
  }));
}

/** Each target, where it is to be met: in the whole study, or in each area, of which those are named that fail. */
function showNorms(state) {
  const section = document.getElementById("norms");
  section.hidden = !study.norms.length || !state.model.count;
  const { page } = spoken();
  const body = section.querySelector("tbody");
  const opened = [...body.rows].map((row) => row.querySelector("details")?.open ?? false);
  renew(body, ...study.norms.map((norm, position) => {
    const whole = state.outcomes[position].at(-1);
    const areas = areaOutcomes(state, position);
    const failing = areas.filter((area) => !area.passed).length;
    const counted = fill(page.norm_areas, { passed: areas.length - failing, all: areas.length });
    const below = !areas.length ? [] : !failing ? [element("span", { class: "hint" }, counted)] : [failingAreas(state, position, counted, opened[position])];
    const result = norm.each
      ? resultOf({ passed: !failing, certain: areas.every((area) => area.certain) }, fill(page.norm_failing_areas, { count: formatNumber(failing) }))
      : resultOf(whole, missingText(whole));
    return element("tr", null, element("th", { scope: "row" }, spoken().norms[position], " ", ...below), cell(formatShare(whole.share)), element("td", null, ...result));
  }));
}

function areaOutcomes(state, position) {
  return study.areas.name.map((name, area) => ({ name, area, ...state.outcomes[position][area] }))
    .filter(({ area }) => study.areas.id[area] !== study.areas.outside);
}

/** The list is written when it is opened: with many areas it would be most of what a change costs. */
function failingAreas(state, position, counted, open) {
  const details = element("details", null, element("summary", null, counted));
  const write = () => {
    if (details.childElementCount > 1) return;
    details.append(element("p", null, spoken().page.norm_areas_failing),
      element("ul", null, ...areaOutcomes(state, position).filter((area) => !area.passed).map(({ name, share }) => element("li", null, `${name}: ${formatShare(share)}`))));
  };
  details.addEventListener("toggle", write);
  if (open) { details.open = true; write(); }
  return details;
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
