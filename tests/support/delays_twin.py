"""Delays of arriving at the ends of pieces of road, from the definition: slow and obvious."""

import networkx as nx

SIGNS = ("stop", "give_way", "mini_roundabout")
CROSSINGS = ("crossing", "pedestrian_signals")
SIGN_METRES = 200.0


def naive_delays(pieces, standing, junction):
    """Give the milliseconds of arriving along and against each piece (tail, head, kind of road, metres)."""
    driven = {}
    for number, (a, b, road, metres) in enumerate(pieces):
        if road.forward_kmh:
            driven[number, 0] = (a, b, metres)
        if road.backward_kmh:
            driven[number, 1] = (b, a, metres)
    onward = nx.DiGraph()
    onward.add_nodes_from(driven)
    for one, (_, end, _) in driven.items():
        for other, (begin, _, metres) in driven.items():
            turned = other == (one[0], 1 - one[1])
            if begin == end and not turned:
                onward.add_edge(one, other, metres=metres)
    own = {one: own_delay(one, pieces, standing) for one in driven}
    facing = {one: standing[driven[one][1]].kind for one in driven if own[one]}
    after = {one: reached_within(onward, one, junction.signals_metres) for one in driven}
    signals = [one for one, kind in facing.items() if kind == "traffic_signals"]
    behind_signals = set().union(*(after[one] for one in signals))
    behind_sign = set().union(*(after[one] for one, kind in facing.items() if kind in SIGNS))
    before_signals = {one for one in driven if after[one].intersection(signals)}

    delays = [[0, 0] for _ in pieces]
    for one, (_, head, _) in driven.items():
        kind = standing[head].kind if head in standing else ""
        wait = 0 if one in behind_sign else junction_delay(one, pieces, junction)
        if one in behind_signals:
            total = 0 if kind in ("traffic_signals", *SIGNS, *CROSSINGS) else own[one]
        else:
            near = kind in CROSSINGS and one in before_signals
            total = settled(kind, 0 if near else own[one], wait, behind_sign=one in behind_sign)
        delays[one[0]][one[1]] = total
    return delays


def settled(kind, own, wait, *, behind_sign):
    """Give the delay where no signals stand before."""
    if kind == "traffic_signals":
        return own
    if kind in SIGNS:
        return 0 if behind_sign else own or wait
    return own + wait


def reached_within(onward, one, limit):
    """Give what is driven after a piece and ends within a way of its end."""
    reached = set()
    for other, first in onward[one].items():
        lengths = nx.single_source_dijkstra_path_length(onward, other, weight="metres")
        reached |= {last for last, length in lengths.items() if first["metres"] + length <= limit}
    return reached


def own_delay(one, pieces, standing):
    number, against = one
    head = pieces[number][0 if against else 1]
    if head not in standing:
        return 0
    spot = standing[head]
    seconds = (spot.forward_seconds, spot.backward_seconds)
    touching = roads_at(head, pieces)
    if len(touching) > 2:
        return milliseconds(max(seconds))
    if spot.towards_junction:
        ways = [end for end in roads_at(head, pieces) if end != (number, 1 - against)]
        ahead = metres_to_junction(ways[-1], pieces) if ways else float("inf")
        if ahead > metres_to_junction((number, 1 - against), pieces):
            return 0
    return milliseconds(seconds[against])


def metres_to_junction(leaving, pieces):
    """Follow a road (piece, 0 along it or 1 against it) to its next junction."""
    total, one = 0.0, leaving
    for _ in range(200):
        number, against = one
        total += pieces[number][3]
        end = pieces[number][0 if against else 1]
        if total > SIGN_METRES:
            return float("inf")
        if len(roads_at(end, pieces)) > 2:
            return total
        others = [other for other in roads_at(end, pieces) if other != (number, 1 - against)]
        if not others:
            return float("inf")
        one = others[-1]
    return float("inf")


def ends_at(node, pieces):
    """Give the pieces that leave a node, open or not, each as often as it touches the node."""
    leaving = [(number, 0) for number, piece in enumerate(pieces) if piece[0] == node]
    return leaving + [(number, 1) for number, piece in enumerate(pieces) if piece[1] == node]


def roads_at(node, pieces):
    return [end for end in ends_at(node, pieces) if pieces[end[0]][2].road_class != "ferry"]


def rank(road, junction):
    return len(junction.ranks) if road.roundabout else junction.rank(road.road_class)


def junction_delay(one, pieces, junction):
    number, against = one
    road = pieces[number][2]
    meeting = roads_at(pieces[number][0 if against else 1], pieces)
    if len(meeting) < 3 or road.road_class == "ferry":
        return 0
    highest = max(rank(pieces[other][2], junction) for other, _ in meeting)
    if highest < junction.unhurried_ranks or highest in [junction.rank(one) for one in junction.merging_classes]:
        return 0
    if rank(road, junction) < highest:
        return milliseconds(junction.lower_seconds)
    equals = []
    for other, turned in meeting:
        kind = pieces[other][2]
        if rank(kind, junction) == highest:
            out, into = (kind.backward_kmh, kind.forward_kmh) if turned else (kind.forward_kmh, kind.backward_kmh)
            equals.append((into > 0, out > 0))
    carriageways = sorted(equals) == [(False, True), (True, False), (True, True)]
    arriving = sum(into for into, _ in equals)
    if len(equals) < 3 or arriving < 2 or carriageways or highest == len(junction.ranks):
        return 0
    return milliseconds(junction.equal_seconds)


def milliseconds(seconds):
    return round(seconds * 1000)
