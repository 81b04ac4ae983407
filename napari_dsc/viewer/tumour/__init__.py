"""Reading of tumours: enhancement, vessels, hot spots, burden."""
