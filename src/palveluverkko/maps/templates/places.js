// Places on one canvas: tens of thousands of dots, painted anew in a few milliseconds when a figure changes.

const CHANGE_STEP = 15; // minutes that divide a small change from a large one
const CHANGE_COLOURS = ["#7f2704", "#e08214", "#fdb863", "#c4c7ca", "#b2abd2", "#8073ac", "#2d004b"];
const MANY_DOTS = 5000;
const UNREACHED_DOT = "#6d6a64";

/** A canvas of Leaflet's; ``colourOf`` gives each place the number of a colour, -1 for none. */
const PlacesLayer = L.Layer.extend({
  initialize(model) {
    this.model = model;
    this.look = { colours: [], of: new Int8Array(model.count), ring: null, plain: true };
    const largest = model.people.reduce((most, people) => Math.max(most, people), 1);
    const dense = model.count > 500;
    // Many dots would hide the bands beneath: then they are fine.
    const [least, widest] = dense ? [1.6, 7] : [3, 15];
    this.radius = Float32Array.from(model.people, (people) => Math.max(least, widest * Math.sqrt(people / largest)));
    this.order = Array.from(this.radius.keys()).sort((one, other) => this.radius[other] - this.radius[one]);
    // Mercator once: a pan or a zoom is then a multiplication.
    this.x = new Float64Array(model.count);
    this.y = new Float64Array(model.count);
    for (let place = 0; place < model.count; place += 1) {
      const at = L.CRS.EPSG3857.latLngToPoint(L.latLng(model.lat[place] / 1e5, model.lon[place] / 1e5), 0);
      [this.x[place], this.y[place]] = [at.x, at.y];
    }
  },
  onAdd(map) {
    this.canvas = L.DomUtil.create("canvas", "places-canvas leaflet-zoom-hide");
    this.canvas.setAttribute("aria-hidden", "true");
    map.getPane("places").append(this.canvas);
    map.on("moveend zoomend viewreset resize", this.paint, this);
    this.paint();
  },
  onRemove(map) {
    map.off("moveend zoomend viewreset resize", this.paint, this);
    this.canvas.remove();
    this.drawing?.remove();
  },
  show(look) {
    this.look = look;
    if (this._map) this.paint();
  },
  paint() {
    const map = this._map;
    const size = map.getSize();
    const many = this.model.count > MANY_DOTS;
    // Twice the screen, so that paper is sharp too; many dots are small squares on whole pixels, sharp as they are.
    const sharp = many ? 1 : Math.max(2, window.devicePixelRatio || 1);
    const corner = map.containerPointToLayerPoint([0, 0]);
    L.DomUtil.setPosition(this.canvas, corner);
    this.canvas.width = size.x * sharp;
    this.canvas.height = size.y * sharp;
    this.canvas.style.width = `${size.x}px`;
    this.canvas.style.height = `${size.y}px`;
    const pen = this.canvas.getContext("2d");
    pen.scale(sharp, sharp);
    const scale = map.getZoomScale(map.getZoom(), 0);
    const origin = map.getPixelOrigin().add(corner);
    const grow = Math.min(2, Math.max(1, Math.sqrt(map.getZoom() / 6)));
    this.drawing?.remove();
    this.canvas.hidden = document.body.classList.contains("printing");
    if (this.canvas.hidden) { this.drawing = this.drawForPaper(size, scale, origin, corner); return; }
    const { colours, of, ring, plain, quiet = -1 } = this.look;
    const least = plain ? 0 : this.model.count > 500 ? 2.6 : 4.6;
    if (many) { this.paintSquares(pen, size, scale, origin); return; }
    pen.lineWidth = plain ? 1 : 0.8;
    pen.strokeStyle = plain ? "rgb(255 255 255 / 0.9)" : "rgb(23 33 43 / 0.75)";
    for (const place of this.order) {
      if (of[place] < 0) continue;
      const x = this.x[place] * scale - origin.x;
      const y = this.y[place] * scale - origin.y;
      if (x < -20 || y < -20 || x > size.x + 20 || y > size.y + 20) continue;
      const radius = Math.max(least, this.radius[place]) * grow;
      pen.fillStyle = colours[of[place]];
      pen.globalAlpha = ring && !ring(place) ? 0.18 : plain ? 0.62 : of[place] === quiet ? 0.7 : 1;
      if (radius < 2.2) {
        pen.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
        continue;
      }
      pen.beginPath();
      pen.arc(x, y, radius, 0, 2 * Math.PI);
      pen.fill();
      pen.stroke();
    }
  },
  /** Chromium prints a canvas as what was drawn on it, the clearing too, and hides the map below: paper gets circles. */
  drawForPaper(size, scale, origin, corner) {
    const { colours, of, ring, plain } = this.look;
    const named = (name, attributes) => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
      return made;
    };
    const drawing = named("svg", { width: size.x, height: size.y, class: "places-on-paper", "aria-hidden": "true" });
    const least = plain ? 1.2 : 2.4;
    for (const place of this.order) {
      const [x, y] = [this.x[place] * scale - origin.x, this.y[place] * scale - origin.y];
      if (of[place] < 0 || x < 0 || y < 0 || x > size.x || y > size.y) continue;
      drawing.append(named("circle", {
        cx: x.toFixed(1), cy: y.toFixed(1), r: Math.max(least, 0.8 * this.radius[place]).toFixed(1), fill: colours[of[place]],
        "fill-opacity": ring && !ring(place) ? 0.18 : plain ? 0.62 : 1, stroke: plain ? "#ffffff" : "#17212b", "stroke-width": 0.5,
      }));
    }
    L.DomUtil.setPosition(drawing, corner);
    this._map.getPane("places").append(drawing);
    return drawing;
  },
  /** Squares colour by colour: a pen that keeps its colour fills one in a microsecond, a circle takes ten. */
  paintSquares(pen, size, scale, origin) {
    const { colours, of, ring, plain } = this.look;
    const grow = Math.min(3, Math.max(1, this._map.getZoom() / 6));
    colours.forEach((colour, wanted) => {
      pen.fillStyle = colour;
      for (const place of this.order) {
        if (of[place] !== wanted) continue;
        const x = this.x[place] * scale - origin.x;
        const y = this.y[place] * scale - origin.y;
        if (x < 0 || y < 0 || x > size.x || y > size.y) continue;
        const side = Math.round(1.4 * this.radius[place] * grow);
        pen.globalAlpha = ring && !ring(place) ? 0.15 : plain ? 0.6 : 1;
        pen.fillRect(Math.round(x - side / 2), Math.round(y - side / 2), side, side);
      }
    });
  },
  /** The place nearest to a point of the map, at most some pixels away; -1 where there is none. */
  nearestTo(latlng, pixels = Infinity) {
    const at = L.CRS.EPSG3857.latLngToPoint(latlng, 0);
    let [nearest, least] = [-1, (pixels / this._map.getZoomScale(this._map.getZoom(), 0)) ** 2];
    for (let place = 0; place < this.model.count; place += 1) {
      const away = (this.x[place] - at.x) ** 2 + (this.y[place] - at.y) ** 2;
      if (away < least) [nearest, least] = [place, away];
    }
    return nearest;
  },
  latLngOf(place) {
    return L.latLng(this.model.lat[place] / 1e5, this.model.lon[place] / 1e5);
  },
});

/** The kind of a place's change, a row of the key: cut off, much longer, longer, same, shorter, much shorter, reached. */
function changeKind(was, is) {
  if (was === is) return 3;
  if (is === FAR) return 0;
  if (was === FAR) return 6;
  const extra = minutesOf(is - was);
  if (extra > 0) return extra > CHANGE_STEP ? 1 : 2;
  return extra < -CHANGE_STEP ? 5 : 4;
}
