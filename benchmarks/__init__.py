"""Numbers that no test times: speed, memory and the phantom study."""
