// The service network: which points are open, on which level, and what that means for the others.

/** The network as the study has it. */
function baseNetwork() {
  return { open: study.points.open.slice(), level: study.points.level.slice() };
}

/** Whether a point of one level serves another. */
function servesLevel(pointLevel, level) {
  return study.levels[level].serving.includes(pointLevel);
}

/** The levels that a point of a level serves. */
function servedLevels(pointLevel) {
  return study.levels.map((_, level) => level).filter((level) => servesLevel(pointLevel, level));
}

/** Whether a point of a network serves a level. */
function offers(network, point, level) {
  return network.open[point] && servesLevel(network.level[point], level);
}
