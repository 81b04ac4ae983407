"""The reading workspace: a rail of four steps, the docks around the pictures, the start screen."""
