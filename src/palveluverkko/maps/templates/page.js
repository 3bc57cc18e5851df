// The page comes alive: folium has made the map, the groups of bands and the roads; the rest is drawn from the data.

/** Called by folium's script with its map and its layers. */
function startPage(map, drawn) {
  const layers = { points: drawPoints(), places: drawPlaces(map), roads: drawn.roads, labels: drawLabels(map) };
  const showAll = () => map.fitBounds(study.bounds, { padding: [12, 12], animate: false });
  showAll();
  map.setMinZoom(map.getZoom() - 1);
  map.getContainer().setAttribute("role", "group");
  addMapControls(map, showAll);
  connectLayerBoxes(map, layers);
  connectLevelSwitch(map, drawn.levels, layers.points);
  connectPopups(map);
  connectFindings(map, layers, connectPanel());
  connectSize(map, showAll);
}

/** One level is shown at a time; its bands, its figures and its points belong together. */
function connectLevelSwitch(map, levels, points) {
  const show = (position) => {
    levels.forEach((group, number) => (number === position ? map.addLayer(group) : map.removeLayer(group)));
    fadePoints(points, position);
    showFigures(position);
  };
  for (const choice of document.querySelectorAll('input[name="level"]')) {
    choice.addEventListener("change", () => show(Number(choice.value)));
  }
  show(Number(document.querySelector('input[name="level"]:checked').value));
}

function showFigures(position) {
  const level = study.levels[position];
  document.getElementById("level-explained").textContent = level.explained;
  if (!level.people) return;
  const total = level.people.reduce((sum, people) => sum + people, 0);
  const rows = document.querySelectorAll("#legend tbody tr, #legend tfoot tr");
  [...level.people, total].forEach((people, number) => {
    const share = total ? people / total : 0;
    rows[number].querySelector(".people").textContent = formatNumber(people);
    rows[number].querySelector(".share").textContent = formatShare(share);
    rows[number].style.setProperty("--share", share);
  });
}

/** Keep the map in its frame: when the panel opens, when a phone turns, and on paper. */
function connectSize(map, showAll) {
  let printing = false;
  let closed = [];
  let view = null;
  new ResizeObserver(() => { if (!printing) map.invalidateSize({ animate: false }); }).observe(map.getContainer());
  window.addEventListener("beforeprint", () => {
    printing = true;
    const shown = map.getBounds();
    view = [map.getCenter(), map.getZoom()];
    document.body.classList.add("printing");
    closed = [...document.querySelectorAll(".panel details:not([open])")];
    closed.forEach((details) => { details.open = true; }); // paper has nothing to click
    map.invalidateSize({ animate: false, pan: false });
    if (shown.contains(study.bounds)) showAll();
    else map.fitBounds(shown, { animate: false });
  });
  window.addEventListener("afterprint", () => {
    document.body.classList.remove("printing");
    closed.forEach((details) => { details.open = false; });
    printing = false;
    map.invalidateSize({ animate: false, pan: false });
    map.setView(...view, { animate: false });
  });
}
