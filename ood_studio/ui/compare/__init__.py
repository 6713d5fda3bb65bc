"""The Compare tab: scorers held against each other on sets of pictures."""
