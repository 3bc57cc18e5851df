// What a click on a service point or on a place tells.

function pointPopup(position) {
  const points = study.points;
  const level = study.levels[points.level[position]];
  const status = points.status[position];
  return element(
    "div", { class: "popup" },
    element("h3", null, points.name[position]),
    element("p", { class: "popup-kind" }, status === "open" ? level.name : `${level.name}, ${texts[status]}`),
    points.people && status === "open" ? peopleServed(position) : null,
    servicesList(position),
  );
}

/** The point's own services where they are known, else the menus of its level and of every nearer one. */
function servicesList(position) {
  const own = study.points.services[position];
  const menu = study.levels.slice(0, study.points.level[position] + 1).reverse().flatMap((level) => level.menu);
  const services = own.length ? own : menu;
  if (!services.length) return null;
  return element(
    "details", { open: "" },
    element("summary", null, own.length ? texts.services : texts.level_menu),
    element("ul", null, ...services.map((service) => element("li", null, service))),
  );
}

function peopleServed(position) {
  const own = study.levels.slice(0, study.points.level[position] + 1);
  return element(
    "table", null,
    element("caption", null, texts.serves),
    element("tbody", null, ...own.map((level, number) => element(
      "tr", null,
      element("th", { scope: "row" }, level.name),
      element("td", { class: "number" },
        fill(texts.people_of_level, { people: formatNumber(study.points.people[position][number]) })),
    ))),
  );
}

function placePopup(position) {
  const places = study.places;
  return element(
    "div", { class: "popup" },
    element("h3", null, places.name[position]),
    element("p", { class: "popup-kind" }, populationText(places.population[position])),
    places.times.length ? placeTimes(position) : null,
  );
}

function populationText(population) {
  if (population === null) return "";
  if (population < 0) return texts.population_hidden;
  return fill(texts.population, { people: formatNumber(population) });
}

function placeTimes(position) {
  const places = study.places;
  return element(
    "table", null,
    element("thead", null, element(
      "tr", null,
      element("th", { scope: "col" }, texts.level),
      element("th", { scope: "col", class: "number" }, texts.travel_time),
      element("th", { scope: "col" }, texts.service_point),
    )),
    element("tbody", null, ...study.levels.map((level, number) => {
      const minutes = places.times[number][position];
      const servedBy = places.points[number][position];
      return element(
        "tr", null,
        element("th", { scope: "row" }, level.name),
        element("td", { class: "number" },
          minutes === null ? texts.unreached : fill(texts.minutes, { minutes: formatNumber(minutes, 1) })),
        element("td", null, servedBy < 0 ? "" : study.points.name[servedBy]),
      );
    })),
  );
}
