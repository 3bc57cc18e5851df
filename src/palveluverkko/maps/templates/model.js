// The arithmetic of the page: which point serves whom in how many units of time, and who gains or loses. Nothing here
// knows of the document or of the map. A unit divides every threshold, and times are rounded up to it, so people by
// band are those of the tables; (unit, rank) orders the points of a place as their milliseconds do.

const KINDS = { u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, i2: Int16Array, i4: Int32Array, f8: Float64Array };
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

/** Build the model of the study from its unpacked parts. */
function buildModel(parts) {
  const names = parts.names ?? [];
  const count = names.length;
  const zeros = new Uint8Array(count);
  const model = {
    names, count,
    lon: undoDifferences(parts.lon ?? new Int32Array(0), count),
    lat: undoDifferences(parts.lat ?? new Int32Array(0), count),
    suppressed: parts.suppressed ?? zeros,
    people: parts.people ?? zeros,
    // What each norm counts; hidden counts give it bounds.
    norms: study.norms.map((_, norm) => {
      const known = parts[`norm_${norm}`] ?? zeros;
      return { known, low: parts[`norm_${norm}_low`] ?? known, high: parts[`norm_${norm}_high`] ?? known };
    }),
    area: parts.area ?? null,
    keys: study.seasons.map((_, season) => seasonKeys(parts, season, count)),
    nearest: parts.nearest ? undoDifferences(parts.nearest, count) : null,
    owners: parts.owners ?? null,
  };
  return model;
}

/** One number for each point and place: 256 × unit + rank; FAR where the point is not reached. */
function seasonKeys(parts, season, count) {
  const units = undoDifferences(parts[`times_${season}`], count);
  const ranks = parts[`ranks_${season}`];
  const keys = new Uint32Array(units.length);
  for (let at = 0; at < keys.length; at += 1) keys[at] = units[at] === study.none ? FAR : units[at] * 256 + ranks[at];
  return keys;
}

/** The network as the study has it. */
function baseNetwork() {
  return { open: study.points.open.slice(), level: study.points.level.slice() };
}

/** Time, key and serving point of every place on every level. Of equally near points the lowest id serves. */
function solve(model, season, network) {
  if (!model.keys.length) return solvedBefore(model);
  const { count } = model;
  const keys = model.keys[season];
  const rankOf = new Int32Array(study.points.id.length);
  study.points.order.forEach((position, rank) => { rankOf[position] = rank; });
  let best = new Uint32Array(count).fill(FAR);
  let owner = new Int32Array(count).fill(-1);
  const solved = { season, key: [], unit: [], owner: [] };
  for (let level = study.levels.length - 1; level >= 0; level -= 1) {
    // Mostly a level is served by its own points and by whatever serves the next one: then only its own are new.
    const { serving } = study.levels[level];
    const nextServing = study.levels[level + 1]?.serving ?? [];
    const goesOn = serving.length === nextServing.length + 1 && nextServing.every((one) => serving.includes(one));
    if (!goesOn) {
      best = new Uint32Array(count).fill(FAR);
      owner = new Int32Array(count).fill(-1);
    }
    const fresh = goesOn ? [level] : serving;
    for (const point of study.points.order) {
      if (!network.open[point] || !fresh.includes(network.level[point])) continue;
      const start = point * count;
      for (let place = 0; place < count; place += 1) {
        const key = keys[start + place];
        if (key > best[place] || key === FAR) continue;
        if (key === best[place] && rankOf[owner[place]] < rankOf[point]) continue;
        best[place] = key;
        owner[place] = point;
      }
    }
    solved.key[level] = best.slice();
    solved.owner[level] = owner.slice();
    solved.unit[level] = best.map((key) => (key === FAR ? FAR : key >>> 8));
  }
  return solved;
}

/** Whether a point of one level serves another. */
function servesLevel(pointLevel, level) {
  return study.levels[level].serving.includes(pointLevel);
}

/** The levels that a point of a level serves. */
function servedLevels(pointLevel) {
  return study.levels.map((_, level) => level).filter((level) => servesLevel(pointLevel, level));
}

/** Without a table of travel times the nearest points are as the study found them. */
function solvedBefore(model) {
  const { count } = model;
  const solved = { season: 0, key: [], unit: [], owner: [] };
  study.levels.forEach((_, level) => {
    const unit = new Uint32Array(count).fill(FAR);
    for (let place = 0; model.nearest && place < count; place += 1) {
      const value = model.nearest[level * count + place];
      if (value !== study.none) unit[place] = value;
    }
    solved.unit[level] = unit;
    solved.key[level] = unit;
    solved.owner[level] = model.owners ? model.owners.subarray(level * count, (level + 1) * count) : new Int32Array(count).fill(-1);
  });
  return solved;
}

/** The position of the band of a time; beyond the last threshold it is the number of bands. */
function bandOf(unit) {
  let band = 0;
  while (band < study.minutes.length && unit > study.minutes[band]) band += 1;
  return band;
}

/** Whether a place counts: everywhere, or in one area. */
function isIn(model, area) {
  return area < 0 || !model.area ? () => true : (place) => model.area[place] === area;
}

/** People by band of a level, those beyond the last. */
function peopleByBand(model, solved, level, area = -1) {
  const sums = new Array(study.minutes.length + 1).fill(0);
  const inside = isIn(model, area);
  const units = solved.unit[level];
  for (let place = 0; place < model.count; place += 1) if (inside(place)) sums[bandOf(units[place])] += model.people[place];
  return sums;
}

/** Median, 90th percentile of all people, longest trip of anybody reached, people not reached. */
function summarise(model, solved, level, area = -1) {
  const inside = isIn(model, area);
  const units = solved.unit[level];
  const byUnit = new Map();
  let [total, missed, longest, where] = [0, 0, -1, -1];
  for (let place = 0; place < model.count; place += 1) {
    const people = model.people[place];
    if (!people || !inside(place)) continue;
    total += people;
    byUnit.set(units[place], (byUnit.get(units[place]) ?? 0) + people);
    if (units[place] === FAR) missed += people;
    else if (units[place] > longest) [longest, where] = [units[place], place];
  }
  const rising = [...byUnit].sort(([one], [other]) => one - other);
  const within = (share) => {
    let sum = 0;
    for (const [unit, people] of rising) {
      sum += people;
      if (sum >= share * total - 1e-9) return unit;
    }
    return FAR;
  };
  return { total, missed, longest: longest < 0 ? FAR : longest, where, median: within(0.5), p90: within(0.9) };
}

/** How a norm fares in every area, and last in the whole study: one pass over the places, however many the areas. */
function checkNorms(model, solved, position) {
  const norm = study.norms[position];
  const units = solved.unit[norm.level];
  const areas = study.areas.id.length;
  const sums = {};
  for (const bound of ["known", "low", "high"]) {
    const heads = model.norms[position][bound];
    if (bound !== "known" && heads === model.norms[position].known) { sums[bound] = sums.known; continue; }
    const [near, far] = [new Float64Array(areas + 1), new Float64Array(areas + 1)];
    for (let place = 0; place < model.count; place += 1) {
      const part = units[place] <= norm.units ? near : far;
      part[areas] += heads[place];
      if (model.area && model.area[place] >= 0) part[model.area[place]] += heads[place];
    }
    sums[bound] = { near, far };
  }
  const { known, low, high } = sums;
  return Array.from(known.near, (within, area) => judge(norm.share, within, known.far[area],
    [high.near[area], low.far[area]], [low.near[area], high.far[area]]));
}

/** The share of the known people within a norm, and how many are missing, between the bounds of hidden counts. */
function judge(share, within, beyond, best, worst) {
  const short = (near, far) => Math.max(0, Math.ceil(share * (near + far) - near - 1e-9));
  const missing = Math.min(Math.max(short(within, beyond), short(...best)), short(...worst));
  const people = within + beyond;
  return { share: people ? within / people : 1, missing, passed: missing === 0 };
}

/** What differs between two solutions on a level. Within one season ranks tell a second from another. */
function compare(model, before, after, level) {
  const same = before.season === after.season;
  const [was, is] = same ? [before.key[level], after.key[level]] : [before.unit[level], after.unit[level]];
  const [old, now] = [before.unit[level], after.unit[level]];
  const outcome = { longer: 0, shorter: 0, cut: 0, worst: 0, where: -1, mean: NaN };
  let [grown, growth] = [0, 0];
  for (let place = 0; place < model.count; place += 1) {
    const people = model.people[place];
    if (!people || was[place] === is[place]) continue;
    if (is[place] < was[place]) { outcome.shorter += people; continue; }
    outcome.longer += people;
    if (is[place] === FAR) { outcome.cut += people; continue; }
    const extra = now[place] - old[place];
    grown += people;
    growth += people * extra;
    if (extra > outcome.worst || outcome.where < 0) [outcome.worst, outcome.where] = [extra, place];
  }
  if (grown) outcome.mean = growth / grown;
  return outcome;
}

/** People who were within a norm and are no longer, and the other way round. */
function crossNorm(model, before, after, position) {
  const norm = study.norms[position];
  const heads = model.norms[position].known;
  const outcome = { out: 0, in: 0 };
  for (let place = 0; place < model.count; place += 1) {
    const was = before.unit[norm.level][place] <= norm.units;
    const is = after.unit[norm.level][place] <= norm.units;
    if (was && !is) outcome.out += heads[place];
    if (is && !was) outcome.in += heads[place];
  }
  return outcome;
}

/** The open points of a level nearest to a place: pairs of point and unit, nearest first. */
function nearestPoints(model, season, network, level, place, wanted = 2) {
  if (!model.keys.length) return [];
  const near = [];
  for (const point of study.points.order) {
    const key = model.keys[season][point * model.count + place];
    if (network.open[point] && servesLevel(network.level[point], level) && key !== FAR) near.push([point, key]);
  }
  near.sort(([, one], [, other]) => one - other); // stable: equal times stay in the order of the ids
  return near.slice(0, wanted).map(([point, key]) => [point, key >>> 8]);
}

/** Minutes of a number of units. */
function minutesOf(units) {
  return units / study.perMinute;
}
