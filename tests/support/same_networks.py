"""When two networks are the same for everybody who travels on them."""

import numpy as np


def as_columns(network):
    """Give everything that travel times depend on, names and classes as texts."""
    edges = network.edges
    columns = {name: column for name, column in edges._asdict().items() if name not in ("vertex_x", "vertex_y")}
    columns |= {name: getattr(network, name) for name in ("arc_piece", "node_junction", "node_layer", "enter", "leave")}
    columns |= network.graph._asdict() | {"junction_id": network.junction_id}
    columns["name"] = np.asarray(network.names, dtype=object)[edges.name]
    columns["road_class"] = np.asarray(network.road_classes, dtype=object)[edges.road_class]
    return columns


def assert_same_columns(one, other):
    for name, column in as_columns(one).items():
        np.testing.assert_array_equal(column, as_columns(other)[name], err_msg=name)
