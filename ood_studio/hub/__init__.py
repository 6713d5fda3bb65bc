"""From names of models to files on this machine: sizes, licences, offline; devices."""
