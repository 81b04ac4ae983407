"""The site: pages in `docs`, and pages that are made from the tables of the program."""
