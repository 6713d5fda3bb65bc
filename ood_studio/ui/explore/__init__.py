"""The Explore tab: which in-distribution and negative labels a picture is drawn to."""
