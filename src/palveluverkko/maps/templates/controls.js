// Buttons on the map, and the panel's switches.

function addMapControls(map, showAll) {
  L.control.zoom({ zoomInTitle: texts.zoom_in, zoomOutTitle: texts.zoom_out, position: "topright" }).addTo(map);
  const home = L.control({ position: "topright" });
  home.onAdd = () => {
    const button = element("button", { type: "button", class: "show-all", title: texts.show_all,
      "aria-label": texts.show_all }, "⤢");
    button.addEventListener("click", showAll);
    const bar = element("div", { class: "leaflet-bar" }, button);
    L.DomEvent.disableClickPropagation(bar);
    return bar;
  };
  home.addTo(map);
  L.control.scale({ imperial: false, position: "bottomright" }).addTo(map);
  addStrip(map);
}

/** Name the buttons of the map in the language that is shown. */
function nameMapButtons(map) {
  const names = { ".leaflet-control-zoom-in": texts.zoom_in, ".leaflet-control-zoom-out": texts.zoom_out, ".show-all": texts.show_all };
  for (const [button, name] of Object.entries(names)) {
    const found = map.getContainer().querySelector(button);
    found.title = name;
    found.setAttribute("aria-label", name);
  }
}

/** A short legend on the map itself, for when the panel is away. */
function addStrip(map) {
  const strip = L.control({ position: "bottomleft" });
  strip.onAdd = () => element("div", { class: "strip", "aria-hidden": "true" },
    ...study.bands.slice(0, -1).map((band, position) => {
      const label = band.label ?? study.languages[study.language].bands[position];
      const step = element("span", null, label.replace(/^.*–/, "").replace(/\s*min$/, ""));
      step.style.setProperty("--band-colour", band.colour);
      return step;
    }), element("span", { class: "unit" }, "min"));
  strip.addTo(map);
}

function connectLayerBoxes(map, layers) {
  for (const box of document.querySelectorAll("input[data-layer]")) {
    const apply = () => {
      const layer = layers[box.dataset.layer];
      if (box.checked) map.addLayer(layer);
      else map.removeLayer(layer);
    };
    box.addEventListener("change", apply);
    apply(); // a browser may restore an earlier choice on reload
  }
}

function connectPanel() {
  const toggle = document.querySelector(".panel-toggle");
  const set = (open) => {
    toggle.setAttribute("aria-expanded", String(open));
    document.body.classList.toggle("panel-open", open);
  };
  toggle.addEventListener("click", () => set(toggle.getAttribute("aria-expanded") !== "true"));
  return { close: () => set(false), open: () => set(true) };
}

/** Popups speak the page's language, take the focus and give it back. */
function connectPopups(map) {
  map.on("popupopen", ({ popup }) => {
    const close = popup.getElement().querySelector(".leaflet-popup-close-button");
    close.setAttribute("aria-label", texts.close_popup);
    popup.opener = document.activeElement;
    if (popup.opener?.closest?.(".point-icon, .show-on-map, #search")) close.focus({ preventScroll: true });
  });
  map.on("popupclose", ({ popup }) => {
    // A closed popup is out of the document, and what had the focus in it has lost it to the body.
    if (document.activeElement !== document.body && !popup.getElement()?.contains(document.activeElement)) return;
    const back = popup.opener?.isConnected ? popup.opener : popup._source?.getElement?.(); // a marker may have changed
    back?.focus?.({ preventScroll: true });
  });
  map.getContainer().addEventListener("keydown", (event) => {
    if (event.key === "Escape") map.closePopup();
  });
}
