"""What is reached: points tied to roads, travel times, surfaces, bands."""
