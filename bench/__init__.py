"""Measurements and long campaigns. Claims of speed come from here, as ratios measured in one run."""
