"""A study from its file to its results: the pipeline in one screen."""
