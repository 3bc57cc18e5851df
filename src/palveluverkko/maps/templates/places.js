// Places on one canvas: tens of thousands of dots, painted anew in a few milliseconds when a figure changes.

const CHANGE_COLOURS = ["#7f2704", "#e08214", "#fdb863", "#c4c7ca", "#b2abd2", "#8073ac", "#2d004b"];
const MANY_DOTS = 3000; // more are written as squares straight into the picture
const UNREACHED_DOT = "#6d6a64";

/** A canvas of Leaflet's; ``of`` gives each place the number of a colour, -1 for none. */
const PlacesLayer = L.Layer.extend({
  initialize(model) {
    this.model = model;
    this.look = { colours: [], of: new Int8Array(model.count), ring: null, plain: true };
    const people = model.people.high;
    const largest = people.reduce((most, one) => Math.max(most, one), 1);
    const dense = model.count > 500;
    // Many dots would hide the bands beneath: then they are fine.
    const [least, widest] = dense ? [1.1, 5] : [3, 15];
    this.radius = Float32Array.from(people, (one) => Math.max(least, widest * Math.sqrt(one / largest)));
    this.order = Uint32Array.from(this.radius.keys()).sort((one, other) => this.radius[other] - this.radius[one]);
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
    // Twice the screen, so that small circles are smooth; squares lie on whole pixels and are sharp as they are.
    const sharp = many ? 1 : Math.max(2, window.devicePixelRatio || 1);
    const corner = map.containerPointToLayerPoint([0, 0]);
    L.DomUtil.setPosition(this.canvas, corner);
    const [width, height] = [size.x * sharp, size.y * sharp];
    if (this.canvas.width !== width || this.canvas.height !== height) {
      [this.canvas.width, this.canvas.height, this.picture] = [width, height, null];
      this.canvas.style.width = `${size.x}px`;
      this.canvas.style.height = `${size.y}px`;
    }
    const view = { size, scale: map.getZoomScale(map.getZoom(), 0), origin: map.getPixelOrigin().add(corner), corner };
    this.drawing?.remove();
    this.canvas.hidden = isPrinting();
    if (this.canvas.hidden) { this.drawing = this.drawForPaper(view); return; }
    const pen = this.canvas.getContext("2d");
    if (many) { this.paintSquares(pen, view); return; }
    pen.setTransform(sharp, 0, 0, sharp, 0, 0);
    pen.clearRect(0, 0, size.x, size.y);
    this.paintCircles(pen, view);
  },
  paintCircles(pen, { size, scale, origin }) {
    const { colours, of, ring, plain, quiet = -1 } = this.look;
    const dense = this.model.count > 500;
    const narrow = dense ? Math.min(1, Math.max(0.5, size.x / 900)) : 1; // a phone has as many dots and less room
    const grow = narrow * Math.min(2, Math.max(1, Math.sqrt(this._map.getZoom() / 6)));
    const least = plain ? 0 : dense ? 2.2 : 4.6;
    pen.lineWidth = plain && !dense ? 1 : 0.8;
    pen.strokeStyle = plain ? `rgb(255 255 255 / ${dense ? 0.5 : 0.9})` : "rgb(23 33 43 / 0.75)";
    for (const place of this.order) {
      if (of[place] < 0) continue;
      const x = this.x[place] * scale - origin.x;
      const y = this.y[place] * scale - origin.y;
      if (x < -20 || y < -20 || x > size.x + 20 || y > size.y + 20) continue;
      const radius = of[place] === quiet ? 2.4 * grow : Math.max(least, this.radius[place]) * grow;
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
    pen.globalAlpha = 1;
  },
  /** Chromium prints a canvas as what was drawn on it, the clearing too, and hides the map below: paper gets circles. */
  drawForPaper({ size, scale, origin, corner }) {
    const { colours, of, ring, plain, quiet = -1 } = this.look;
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
        cx: x.toFixed(1), cy: y.toFixed(1), r: (of[place] === quiet ? 1.4 : Math.max(least, 0.8 * this.radius[place])).toFixed(1), fill: colours[of[place]],
        "fill-opacity": ring && !ring(place) ? 0.18 : plain ? 0.62 : 1, stroke: plain ? "#ffffff" : "#17212b", "stroke-width": 0.5,
      }));
    }
    L.DomUtil.setPosition(drawing, corner);
    this._map.getPane("places").append(drawing);
    return drawing;
  },
  /** Squares as numbers in a picture: 30,000 in 2 ms, where a pen that fills them one by one takes 20. */
  paintSquares(pen, { size, scale, origin }) {
    const { colours, of, ring, plain } = this.look;
    this.picture ??= pen.createImageData(size.x, size.y);
    const pixels = new Uint32Array(this.picture.data.buffer);
    pixels.fill(0);
    const [full, faint] = [plain ? 0.6 : 1, 0.15].map((alpha) => Uint32Array.from(colours, (colour) => toPixel(colour, alpha)));
    const grow = Math.min(3, Math.max(1, this._map.getZoom() / 6));
    const { x, y, radius, order } = this;
    for (let at = 0; at < order.length; at += 1) {
      const place = order[at];
      if (of[place] < 0) continue;
      const side = Math.round(1.4 * radius[place] * grow);
      const left = Math.round(x[place] * scale - origin.x - side / 2);
      const top = Math.round(y[place] * scale - origin.y - side / 2);
      if (left + side < 0 || top + side < 0 || left >= size.x || top >= size.y) continue;
      const pixel = (ring && !ring(place) ? faint : full)[of[place]];
      const [west, east] = [Math.max(0, left), Math.min(size.x, left + side)];
      const [north, south] = [Math.max(0, top), Math.min(size.y, top + side)];
      for (let row = north; row < south; row += 1) {
        for (let dot = row * size.x + west; dot < row * size.x + east; dot += 1) pixels[dot] = pixel;
      }
    }
    pen.putImageData(this.picture, 0, 0);
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

/** A colour "#rrggbb" as the number that a picture holds on every machine that runs a browser: red in the lowest byte. */
function toPixel(colour, alpha) {
  const [red, green, blue] = [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16));
  return ((Math.round(255 * alpha) << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}
