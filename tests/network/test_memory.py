"""What building a network takes of memory, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

LAPPI = Path(__file__).parents[2] / "data" / "lappi" / "lappi.osm.pbf"

# The small network first: what the program loads once, whatever it builds, is no matter of the file.
SCRIPT = """
import sys
from pathlib import Path
import opening_hours
import palveluverkko as pv
from palveluverkko.network.store import NO_STORE

def build(path):
    pv.write_network(pv.read_network(path, store=NO_STORE), sys.argv[3])
    # The peak of this process alone: that of getrusage begins with what the parent had.
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024

before = build(sys.argv[1])
print(before, build(sys.argv[2]), Path(sys.argv[3]).stat().st_size)
"""


@pytest.mark.shared
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peak memory is counted as Linux does")
@pytest.mark.parametrize("roads", ["finland/state-roads.osm.pbf", "osm/andorra.osm.pbf"])
def test_a_network_is_built_within_six_times_its_store(shared_data, tmp_path, roads):
    # Measured: 4.1 to 4.3 and 5.4 to 5.7 times.
    command = [
        sys.executable,
        "-c",
        SCRIPT,
        LAPPI,
        shared_data / roads,
        tmp_path / "a.pvnet",
    ]
    told = subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout
    before, peak, size = map(int, told.split())
    assert 0 < peak - before < 6 * size
