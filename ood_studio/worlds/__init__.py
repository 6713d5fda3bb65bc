"""What brings a world along: its presets, corpora, datasets, suites and reference sets."""
