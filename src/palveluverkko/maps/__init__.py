"""One self-contained HTML page: the study drawn with folium, opened from disk without a network."""
