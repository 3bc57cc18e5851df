"""Every kernel compiled ahead: those of the engine, of the reader of road files, and of the building of networks."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

# Three nodes and two ways as .osm.pbf: a residential street with a name, and a private road.
_ROADS = bytes.fromhex(
    "0000000d0a094f534d486561646572181e0a1c220e4f736d536368656d612d56302e36220a44656e73654e6f6465730000000b0a"
    "074f534d4461746118660a640a430a000a07686967687761790a0b7265736964656e7469616c0a046e616d650a094b6f736b696b"
    "6174750a066163636573730a07707269766174650a0773657276696365121d121b0a03020202420980b4b6f50400c09a0c4a0980"
    "cab5ee01c09a0c000000000b0a074f534d4461746118690a670a430a000a07686967687761790a0b7265736964656e7469616c0a"
    "046e616d650a094b6f736b696b6174750a066163636573730a07707269766174650a077365727669636512201a0e080112020103"
    "1a020204420202021a0e0802120201051a02070642020402"
)


_ENGINE_ALONE = "from palveluverkko.engine.warm import compile_kernels; compile_kernels()"


def compile_kernels_side_by_side() -> None:
    """Compile in two processes, for numba compiles one kernel at a time: those of the engine, and those of roads.

    What the other process failed to do is done here at the end.
    """
    from palveluverkko.engine import warm  # noqa: PLC0415

    # An interrupt ends both; one of them tells.
    with subprocess.Popen([sys.executable, "-c", _ENGINE_ALONE], stderr=subprocess.DEVNULL):  # noqa: S603
        _compile_road_kernels()
    warm.compile_kernels()


def compile_kernels() -> None:
    """Read, build and search a road network of three nodes, so that whatever is compiled lies on disk afterwards."""
    from palveluverkko.engine import warm  # noqa: PLC0415

    warm.compile_kernels()
    _compile_road_kernels()


def _compile_road_kernels() -> None:
    import numpy as np  # noqa: PLC0415

    from palveluverkko.engine.graph import freeze_float64  # noqa: PLC0415
    from palveluverkko.network import geodesy_kernels  # noqa: PLC0415
    from palveluverkko.network.road_network import THROUGH, TRIP_BEGINS, TRIP_ENDS  # noqa: PLC0415
    from palveluverkko.network.store import NO_STORE, read_network  # noqa: PLC0415
    from palveluverkko.network.turns import Turns, expand  # noqa: PLC0415
    from palveluverkko.osm.barriers import Pieces, cut_at_barriers  # noqa: PLC0415
    from palveluverkko.osm.profile import Road  # noqa: PLC0415
    from palveluverkko.osm.spots import NONE, Spot  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        roads = Path(folder) / "roads.osm.pbf"
        roads.write_bytes(_ROADS)
        network = read_network(roads, store=NO_STORE)
    # Only where something holds for turns are they laid out.
    plain = np.arange(network.junction_id.size, dtype=np.int32)
    expand(network.edges, Turns(), dict.fromkeys((THROUGH, TRIP_BEGINS, TRIP_ENDS), plain), plain.size)
    # Only where a barrier stands are roads cut.
    road = Pieces(np.asarray([0, 3]), plain, np.zeros(1, dtype=np.int32), np.zeros(1, dtype=np.int32))
    cut_at_barriers(road, (Road("service", 20.0, 20.0),), 3, plain[1:2], [Spot("block", passage=NONE)])
    # Only large networks are projected by polynomials.
    lattice = freeze_float64(np.zeros((8, 8)))
    spot = freeze_float64(np.asarray([0.35]))
    geodesy_kernels.interpolate(spot, spot, 0.0, 0.0, 0.1, lattice, lattice)
