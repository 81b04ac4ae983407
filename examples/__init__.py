"""Ten scripts by topic, each on a digital patient, each writing one picture."""
