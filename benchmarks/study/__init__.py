"""The phantom study: every method against curves of known truth, and against its textbook."""
