"""Files that people and programs hold afterwards: GeoPackage, GeoTIFF, Parquet, Excel, figures, the run manifest."""
