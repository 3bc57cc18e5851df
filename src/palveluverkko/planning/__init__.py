"""Changes of the service network and what they do to people."""
