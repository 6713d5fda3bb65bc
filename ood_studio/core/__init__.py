"""What every room needs: parameters, progress and stopping, errors, keyed caches, atomic files."""
