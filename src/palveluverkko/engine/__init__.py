"""Shortest-path searches and grid sweeps over arrays: no geography, no tables, every compiled kernel."""
