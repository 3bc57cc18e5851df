// Place names that make way for one another: the most populous first, each where it hits neither a marker, nor a
// button, nor another name. Names of smaller places appear as the reader comes nearer.

const LABEL_FONTS = { major: "600 12.5px", area: "italic 600 12.5px", minor: "400 11.5px" };
const AREA_SPACING = 1.2; // pixels between the letters of the name of an area
const LABEL_FAMILY = 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';
const LABEL_HEIGHT = 16;
const LABEL_ROOM = { major: 1, area: 4, minor: 7 }; // pixels kept free around a name
const MINOR_LABELS_FROM = 0.75; // zoom steps above the view of the whole area

function drawLabels(map) {
  const layer = L.layerGroup();
  const widths = labelWidths();
  const whole = map.getBoundsZoom(study.bounds);
  const arrange = () => {
    layer.clearLayers();
    if (!map.hasLayer(layer)) return;
    const size = map.getSize();
    const markers = markerBoxes(map);
    const taken = [...markers, ...controlBoxes(map)];
    const minor = map.getZoom() >= whole + MINOR_LABELS_FROM;
    study.labels.forEach((label, position) => {
      if (label.rank === "minor" && !minor) return;
      const at = map.latLngToContainerPoint([label.lat, label.lon]);
      if (at.x < 0 || at.y < 0 || at.x > size.x || at.y > size.y) return;
      const near = markers.some((box) => overlaps(box, [at.x, at.y, at.x + 1, at.y + 1]));
      const space = { width: widths[position], aside: near ? 20 : 8, room: LABEL_ROOM[label.rank], centred: label.rank === "area" };
      const offset = freeOffset(at, space, taken, size);
      if (offset) layer.addLayer(labelMarker(label, offset));
    });
  };
  map.on("moveend zoomend resize", arrange);
  layer.on("add", () => setTimeout(arrange));
  return layer;
}

function labelWidths() {
  const pen = document.createElement("canvas").getContext("2d");
  return study.labels.map((label) => {
    pen.font = `${LABEL_FONTS[label.rank]} ${LABEL_FAMILY}`;
    return pen.measureText(label.text).width + 4 + (label.rank === "area" ? AREA_SPACING * label.text.length : 0);
  });
}

function markerBoxes(map) {
  return study.points.id.map((_, position) => {
    const at = map.latLngToContainerPoint([study.points.lat[position], study.points.lon[position]]);
    const half = pointSize(study.points.level[position]) / 2;
    return [at.x - half, at.y - half, at.x + half, at.y + half];
  });
}

function controlBoxes(map) {
  const frame = map.getContainer().getBoundingClientRect();
  const controls = map.getContainer().parentElement.querySelectorAll(".leaflet-control, .attribution");
  return [...controls].map((control) => {
    const box = control.getBoundingClientRect();
    return [box.left - frame.left, box.top - frame.top, box.right - frame.left, box.bottom - frame.top];
  });
}

/** Find where a name fits beside its place: right, left, below, above or aslant, that of an area on its middle first; none
    gives null. */
function freeOffset(at, { width, aside, room, centred }, taken, size) {
  const middle = -LABEL_HEIGHT / 2;
  const above = 2 - aside - LABEL_HEIGHT;
  const below = aside - 2;
  const slant = aside / 2;
  const offsets = [
    ...(centred ? [[-width / 2, middle]] : []),
    [aside, middle], [-aside - width, middle], [-width / 2, below], [-width / 2, above],
    [slant, above], [slant, below], [-slant - width, above], [-slant - width, below],
  ];
  for (const [dx, dy] of offsets) {
    const box = [at.x + dx, at.y + dy, at.x + dx + width, at.y + dy + LABEL_HEIGHT];
    const roomy = [box[0] - room, box[1] - room, box[2] + room, box[3] + room];
    const inside = box[0] > 2 && box[1] > 2 && box[2] < size.x - 2 && box[3] < size.y - 2;
    if (inside && !taken.some((other) => overlaps(roomy, other))) {
      taken.push(box);
      return [dx, dy];
    }
  }
  return null;
}

function overlaps(one, other) {
  return one[0] < other[2] && other[0] < one[2] && one[1] < other[3] && other[1] < one[3];
}

function labelMarker(label, [dx, dy]) {
  const html = element("span", null, label.text);
  return L.marker([label.lat, label.lon], {
    icon: L.divIcon({ html, className: `place-label ${label.rank}`, iconSize: [0, 0], iconAnchor: [-dx, -dy] }),
    pane: "labels", interactive: false, keyboard: false,
  });
}
