// People behind the places: sums by band and area, norms, who gains and who loses. As in the tables a hidden count is
// nobody in what is known, and every sum has the least and the most that it can be beside it. Nothing here knows of the
// document or of the map.

const BOUNDS = ["known", "low", "high"];

/** Do the same for what is known and for both bounds; where nothing is hidden, once. */
function withBounds(heads, sum) {
  const known = sum(heads.known);
  return heads.low === heads.known && heads.high === heads.known ? { known, low: known, high: known }
    : { known, low: sum(heads.low), high: sum(heads.high) };
}

/** One number of several sums: by position, or the total. */
function pick({ known, low, high }, position) {
  return { known: known[position], low: low[position], high: high[position] };
}

function totalOf({ known, low, high }, end = Infinity) {
  const add = (sums) => sums.slice(0, end).reduce((sum, each) => sum + each, 0);
  return { known: add(known), low: add(low), high: add(high) };
}

/** People by band of a level, those beyond the last; everywhere (-1) or in one area. */
function peopleByBand(model, solved, level, area = -1) {
  const bands = solved.band[level];
  const where = area < 0 ? null : model.area;
  return withBounds(model.people, (heads) => {
    const sums = new Array(study.minutes.length + 1).fill(0);
    for (let place = 0; place < bands.length; place += 1) {
      if (where === null || where[place] === area) sums[bands[place]] += heads[place];
    }
    return sums;
  });
}

/** Median and 90th percentile of all people with their bounds, longest trip of anybody reached and where: all
    places that have it; people not reached. */
function summarise(model, solved, level, area = -1) {
  const { people, count } = model;
  const units = solved.unit[level];
  const areas = area < 0 ? null : model.area;
  const found = new Map(); // by unit: known, low, high
  let [longest, where] = [-1, []];
  for (let at = 0; at < count; at += 1) {
    if (!people.high[at] || (areas !== null && areas[at] !== area)) continue;
    let sums = found.get(units[at]);
    if (!sums) found.set(units[at], sums = [0, 0, 0]);
    sums[0] += people.known[at];
    sums[1] += people.low[at];
    sums[2] += people.high[at];
    if (units[at] === FAR || units[at] < longest) continue;
    if (units[at] === longest) where.push(at);
    else [longest, where] = [units[at], [at]];
  }
  const rising = [...found].sort(([one], [other]) => one - other);
  const sumOf = (bound) => rising.reduce((sum, [, sums]) => sum + sums[bound], 0);
  const percentile = (share, near, far) => {
    const all = sumOf(far);
    let running = 0;
    for (const [unit, sums] of rising) {
      // near(t) ≥ share × (near(t) + far(beyond t)), written so that it only grows with t.
      running += (1 - share) * sums[near] + share * sums[far];
      if (running >= share * all - 1e-9) return unit;
    }
    return FAR;
  };
  // Earliest where the near are many and the far are few, latest where it is the other way round.
  const both = (share) => ({ known: sumOf(0) ? percentile(share, 0, 0) : null, low: percentile(share, 2, 1), high: percentile(share, 1, 2) });
  const missed = found.get(FAR) ?? [0, 0, 0];
  return {
    total: sumOf(2), where, longest: longest < 0 ? FAR : longest, median: both(0.5), p90: both(0.9),
    missed: { known: missed[0], low: missed[1], high: missed[2] },
  };
}

/** How a norm fares in every area, and last in the whole study: one pass over the places, however many the areas. */
function checkNorms(model, solved, position) {
  const norm = study.norms[position];
  const units = solved.unit[norm.level];
  const areas = study.areas.id.length;
  const sums = withBounds(model.norms[position], (heads) => {
    const [near, far] = [new Float64Array(areas + 1), new Float64Array(areas + 1)];
    for (let place = 0; place < model.count; place += 1) {
      const part = units[place] <= norm.units ? near : far;
      part[areas] += heads[place];
      if (model.area && model.area[place] >= 0) part[model.area[place]] += heads[place];
    }
    return { near, far };
  });
  const { known, low, high } = sums;
  return Array.from(known.near, (within, area) => judge(norm.share, within, known.far[area],
    [high.near[area], low.far[area]], [low.near[area], high.far[area]]));
}

/** The share of the known people within a norm, and how many are missing, between the bounds of hidden counts. */
function judge(share, within, beyond, best, worst) {
  const short = (near, far) => Math.max(0, Math.ceil(share * (near + far) - near - 1e-9));
  const [low, high] = [short(...best), short(...worst)];
  const missing = Math.min(Math.max(short(within, beyond), low), high);
  const people = within + beyond;
  return { share: people ? within / people : 1, missing: { known: missing, low, high }, passed: missing === 0, certain: (low === 0) === (high === 0) };
}

/** Where a norm is to be met: in the whole study, or in each of its areas but what lies outside them. */
function isBinding(position, area) {
  const whole = area === study.areas.id.length;
  return study.norms[position].each ? !whole && study.areas.id[area] !== study.areas.outside : whole;
}

/** What differs between two solutions on a level; all places whose time grows by the most are where it does. Within one
    season ranks tell a second from another. */
function compare(model, before, after, level) {
  const same = before.season === after.season;
  const [was, is] = same ? [before.key[level], after.key[level]] : [before.unit[level], after.unit[level]];
  const [old, now] = [before.unit[level], after.unit[level]];
  const { known, low, high } = model.people;
  const nobody = () => ({ known: 0, low: 0, high: 0 });
  const outcome = { longer: nobody(), shorter: nobody(), cut: nobody(), worst: -1, where: [], mean: NaN };
  const add = (sum, place) => { sum.known += known[place]; sum.low += low[place]; sum.high += high[place]; };
  let [grown, growth] = [0, 0];
  for (let place = 0; place < model.count; place += 1) {
    if (was[place] === is[place] || !high[place]) continue;
    if (is[place] < was[place]) { add(outcome.shorter, place); continue; }
    add(outcome.longer, place);
    if (is[place] === FAR) { add(outcome.cut, place); continue; }
    const people = known[place]; // minutes are of the people whose number is known, as in the tables
    if (!people) continue;
    const extra = now[place] - old[place];
    grown += people;
    growth += people * extra;
    if (extra === outcome.worst) outcome.where.push(place);
    else if (extra > outcome.worst) [outcome.worst, outcome.where] = [extra, [place]];
  }
  if (grown) outcome.mean = growth / grown;
  return outcome;
}

/** People who were within a norm and are no longer, and the other way round. */
function crossNorm(model, before, after, position) {
  const norm = study.norms[position];
  const [was, is] = [before.unit[norm.level], after.unit[norm.level]];
  const crossing = (leaves) => withBounds(model.norms[position], (heads) => {
    let sum = 0;
    for (let place = 0; place < model.count; place += 1) {
      const [near, stays] = [was[place] <= norm.units, is[place] <= norm.units];
      if (near !== stays && near === leaves) sum += heads[place];
    }
    return sum;
  });
  return { out: crossing(true), in: crossing(false) };
}

/** People whom a point serves on a level. */
function servedBy(model, solved, point, level) {
  const owner = solved.owner[level];
  return withBounds(model.people, (heads) => {
    let sum = 0;
    for (let place = 0; place < owner.length; place += 1) if (owner[place] === point) sum += heads[place];
    return sum;
  });
}

/** People by kind of change on a level, the rows of the key of the map of change. */
function peopleByChange(model, before, after, level, kinds) {
  const [was, is] = [before.unit[level], after.unit[level]];
  return withBounds(model.people, (heads) => {
    const sums = new Array(kinds).fill(0);
    for (let place = 0; place < model.count; place += 1) sums[changeKind(was[place], is[place])] += heads[place];
    return sums;
  });
}

const CHANGE_STEP = 15; // minutes that divide a small change from a large one

/** The kind of a place's change, a row of the key: cut off, much longer, longer, same, shorter, much shorter, reached. */
function changeKind(was, is) {
  if (was === is) return 3;
  if (is === FAR) return 0;
  if (was === FAR) return 6;
  const extra = minutesOf(is - was);
  if (extra > 0) return extra > CHANGE_STEP ? 1 : 2;
  return extra < -CHANGE_STEP ? 5 : 4;
}
