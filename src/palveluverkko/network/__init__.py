"""Road networks: built from roads, contracted, stored on disk, given to networkx."""
