"""The Synthesize tab: in-distribution pictures led to the boundary of what a model knows."""
