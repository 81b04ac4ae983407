"""Many scans: found, computed side by side, each in a process of its own, and put in tables.

`scans` finds them, `places` says where their results lie, `one_scan` computes one, `limits` gives
it a process, `engine` runs them side by side, `group` reads what became of all.
"""
