"""The vocabulary as frozen values: levels, direction, thresholds, norms, scenarios, errors."""
