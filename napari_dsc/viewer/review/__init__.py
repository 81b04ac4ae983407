"""The reading room: from layers to an answer that can be read, measured and printed."""
