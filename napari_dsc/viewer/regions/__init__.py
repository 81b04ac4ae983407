"""Regions, midline, reference region and Tmax volumes on the maps."""
