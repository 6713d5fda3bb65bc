"""Image and text features, encoded once and kept on disk."""
