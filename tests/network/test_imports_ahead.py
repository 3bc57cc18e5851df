"""What is imported in a thread while a road file is read holds up nobody who interrupts."""

import time
from threading import Event

import pytest

from palveluverkko.network import sources
from palveluverkko.osm import reader
from palveluverkko.osm.profile import CarProfile


@pytest.mark.parametrize(("ends", "waits"), [(KeyboardInterrupt(), False), (OSError("a broken disk"), True)])
def test_an_interrupt_does_not_wait_for_imports_that_never_end(monkeypatch, ends, waits):
    never, over = Event(), []

    def import_slowly():
        never.wait(0.3 if waits else 30)
        over.append("imports")

    def read(*_arguments, **_options):
        raise ends

    monkeypatch.setattr(sources, "_import_ahead", import_slowly)
    monkeypatch.setattr(reader, "read_roads", read)
    begun = time.monotonic()
    with pytest.raises(type(ends)):
        sources.RoadSource.named("roads.osm.pbf").read_roads(CarProfile())
    assert time.monotonic() - begun < 15
    assert bool(over) is waits
    never.set()
