"""Maps on screen: their layers, views, colours, and the bolus played."""
