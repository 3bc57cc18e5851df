"""OpenStreetMap in: road files and the car profile that reads their tags.

Import from the modules: ``osm.profile`` is pure policy, ``osm.reader`` loads osmium.
"""
