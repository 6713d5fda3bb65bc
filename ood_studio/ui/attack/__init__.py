"""The Attack tab: pictures changed until detectors take them for in-distribution."""
