"""Squares of a population grid, and a WFS server of this machine that gives them page by page."""

import json

from loopback import Reply

from palveluverkko.domain.web import Patience

QUICK = Patience(attempts=2, pause_seconds=0.01, timeout_seconds=5)


def square(number):
    """Give a square of the grid as the server gives it, some hidden."""
    west, south = 385_000 + 1000 * number, 6_675_000
    ring = [[west, south], [west + 1000, south], [west + 1000, south + 1000], [west, south + 1000], [west, south]]
    hidden = number == 2
    groups = {"miehet": 4, "naiset": 6, "ika_0_14": 2, "ika_15_64": 5, "ika_65_": 3}
    return {
        "type": "Feature",
        "id": f"vaki.{number}",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {
            "id_nro": number + 1, "kunta": "091", "grd_id": f"1kmN6675E0{385 + number}", "vuosi": 2023,
            "vaesto": 4 if hidden else 10, **(dict.fromkeys(groups, -1) if hidden else groups),
        },
    }  # fmt: skip


def answering(features, *, matched=True, after=None):
    """Answer GetFeature as GeoServer does; ``after`` features the connection breaks, once."""
    broken = []

    def answer(asked):
        start, count = int(asked.query["startIndex"][0]), int(asked.query["count"][0])
        body = {"type": "FeatureCollection", "features": features[start : start + count]}
        if matched:
            body["numberMatched"] = len(features)
        sent = json.dumps(body).encode()
        if after is not None and start >= after and len(broken) < QUICK.attempts:
            broken.append(start)
            return Reply(sent, cut=10)
        return Reply(sent, headers={"Content-Type": "application/json"})

    return answer
