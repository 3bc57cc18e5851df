// Which point serves whom in how many units of time. Nothing here knows of the document or of the map. A unit divides
// every threshold, and times are rounded up to it, so people by band are those of the tables; (unit, rank) orders the
// points of a place as their milliseconds do.

const KINDS = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, i1: Int8Array, i2: Int16Array, i4: Int32Array, f8: Float64Array };
const FAR = 0xffffffff;

/** Unpack the parcel: base64, then deflate, then views on one buffer. */
async function unpackParcel() {
  const holder = document.getElementById("study-parcel");
  const letters = atob(holder.textContent);
  holder.remove();
  const squeezed = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at += 1) squeezed[at] = letters.charCodeAt(at);
  const stream = new Blob([squeezed]).stream().pipeThrough(new DecompressionStream("deflate"));
  const buffer = await new Response(stream).arrayBuffer();
  const unpacked = {};
  for (const [name, { kind, start, length }] of Object.entries(study.contents)) {
    unpacked[name] = kind === "json"
      ? JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, start, length)))
      : new KINDS[kind](buffer, start, length);
  }
  return unpacked;
}

/** Running sums along the places, in place; the array's own width wraps round as it was packed. */
function undoDifferences(values, count) {
  for (let start = 0; start < values.length; start += count) {
    for (let at = start + 1; at < start + count; at += 1) values[at] += values[at - 1];
  }
  return values;
}

/** What is known of a count and its bounds where counts are hidden; without hidden counts all three are one array. */
function headsOf(parts, name, nobody) {
  const known = parts[name] ?? nobody;
  return { known, low: parts[`${name}_low`] ?? known, high: parts[`${name}_high`] ?? known };
}

/** Build the model of the study from its unpacked parts. */
function buildModel(parts) {
  const names = parts.names ?? [];
  const count = names.length;
  const nobody = new Uint8Array(count);
  const suppressed = parts.suppressed ?? nobody;
  return {
    names, count, suppressed,
    hidden: suppressed.reduce((sum, one) => sum + one, 0),
    lon: undoDifferences(parts.lon ?? new Int32Array(0), count),
    lat: undoDifferences(parts.lat ?? new Int32Array(0), count),
    people: headsOf(parts, "people", nobody),
    norms: study.norms.map((_, norm) => headsOf(parts, `norm_${norm}`, nobody)), // what each norm counts
    area: parts.area ?? null,
    keys: study.seasons.map((_, season) => seasonKeys(parts, season, count)),
    nearest: parts.nearest ? undoDifferences(parts.nearest, count) : null,
    owners: parts.owners ?? null,
    rank: rankOfPoints(),
  };
}

/** The place of each point in the order of the ids: of equally near points the lowest id serves. */
function rankOfPoints() {
  const rank = new Int32Array(study.points.id.length);
  study.points.order.forEach((point, position) => { rank[point] = position; });
  return rank;
}

/** One number for each point and place: 256 × unit + rank; FAR where the point is not reached. */
function seasonKeys(parts, season, count) {
  const units = undoDifferences(parts[`times_${season}`], count);
  const ranks = parts[`ranks_${season}`];
  const keys = new Uint32Array(units.length);
  for (let at = 0; at < keys.length; at += 1) keys[at] = units[at] === study.none ? FAR : units[at] * 256 + ranks[at];
  return keys;
}

/** Key, time, band and serving point of every place on every level. */
function solve(model, season, network) {
  if (!model.keys.length) return solvedBefore(model);
  const solved = emptySolution(model, season, network);
  study.levels.forEach((_, level) => {
    for (const point of study.points.order) if (offers(network, point, level)) comeIn(model, solved, level, point);
    measureAll(solved, level);
  });
  return solved;
}

function emptySolution(model, season, network) {
  const { count } = model;
  const forLevels = (make) => study.levels.map(make);
  return {
    season,
    network: { open: network.open.slice(), level: network.level.slice() },
    key: forLevels(() => new Uint32Array(count).fill(FAR)),
    owner: forLevels(() => new Int32Array(count).fill(-1)),
    unit: forLevels(() => new Uint32Array(count).fill(FAR)),
    band: forLevels(() => new Uint8Array(count).fill(study.minutes.length)),
  };
}

/** Let a point serve wherever it is nearer than what serves so far. */
function comeIn(model, solved, level, point) {
  const { count, rank } = model;
  const keys = model.keys[solved.season];
  const [best, owner] = [solved.key[level], solved.owner[level]];
  const start = point * count;
  const own = rank[point];
  for (let place = 0; place < count; place += 1) {
    const key = keys[start + place];
    if (key > best[place] || key === FAR) continue;
    if (key === best[place] && rank[owner[place]] < own) continue;
    best[place] = key;
    owner[place] = point;
  }
}

/** Find who serves instead wherever a gone point did: a point costs what it served, not what there is. */
function findOthers(model, solved, level, gone, serving) {
  const { count } = model;
  const keys = model.keys[solved.season];
  const [best, owner] = [solved.key[level], solved.owner[level]];
  for (let place = 0; place < count; place += 1) {
    if (owner[place] < 0 || !gone[owner[place]]) continue;
    let [least, who] = [FAR, -1];
    for (let at = 0; at < serving.length; at += 1) {
      const key = keys[serving[at] * count + place];
      if (key < least) { least = key; who = serving[at]; } // in the order of the ids: of equals the first stays
    }
    best[place] = least;
    owner[place] = who;
  }
}

/** Times and bands of a level from its keys. */
function measureAll(solved, level) {
  const [key, unit, band] = [solved.key[level], solved.unit[level], solved.band[level]];
  for (let place = 0; place < key.length; place += 1) {
    unit[place] = key[place] === FAR ? FAR : key[place] >>> 8;
    band[place] = bandOf(unit[place]);
  }
}

/** Bring a solution to another network by what differs: the same as solving anew, at a fraction of the cost. */
function follow(model, solved, network) {
  if (!model.keys.length) return solved;
  const was = solved.network;
  study.levels.forEach((_, level) => {
    const gone = new Uint8Array(study.points.id.length);
    const come = [];
    let anyGone = false;
    for (const point of study.points.order) {
      const [before, after] = [offers(was, point, level), offers(network, point, level)];
      if (before && !after) { gone[point] = 1; anyGone = true; }
      if (after && !before) come.push(point);
    }
    if (anyGone) findOthers(model, solved, level, gone, study.points.order.filter((point) => offers(network, point, level)));
    come.forEach((point) => comeIn(model, solved, level, point));
    if (anyGone || come.length) measureAll(solved, level);
  });
  solved.network = { open: network.open.slice(), level: network.level.slice() };
  return solved;
}

/** Without a table of travel times the nearest points are as the study found them. */
function solvedBefore(model) {
  const { count } = model;
  const solved = emptySolution(model, 0, baseNetwork());
  study.levels.forEach((_, level) => {
    for (let place = 0; model.nearest && place < count; place += 1) {
      const value = model.nearest[level * count + place];
      if (value !== study.none) solved.key[level][place] = value * 256;
    }
    if (model.owners) solved.owner[level].set(model.owners.subarray(level * count, (level + 1) * count));
    measureAll(solved, level);
  });
  return solved;
}

/** The position of the band of a time; beyond the last threshold it is the number of bands. */
function bandOf(unit) {
  let band = 0;
  while (band < study.minutes.length && unit > study.minutes[band]) band += 1;
  return band;
}

/** The open points of a level nearest to a place: pairs of point and unit, nearest first. */
function nearestPoints(model, season, network, level, place, wanted = 2) {
  if (!model.keys.length) return [];
  const near = [];
  for (const point of study.points.order) {
    const key = model.keys[season][point * model.count + place];
    if (offers(network, point, level) && key !== FAR) near.push([point, key]);
  }
  near.sort(([, one], [, other]) => one - other); // stable: equal times stay in the order of the ids
  return near.slice(0, wanted).map(([point, key]) => [point, key >>> 8]);
}

/** Minutes of a number of units. */
function minutesOf(units) {
  return units / study.perMinute;
}
