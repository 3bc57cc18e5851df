"""The user's tables come in here and are checked at the door: service points, places and areas."""
