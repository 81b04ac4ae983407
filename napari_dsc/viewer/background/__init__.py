"""Work on threads beside the window: jobs, progress, preloading."""
