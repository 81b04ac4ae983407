"""Review of a cohort: its list, and one scan after the other on the pictures."""
