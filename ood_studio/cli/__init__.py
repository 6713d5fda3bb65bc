"""``python -m ood_studio COMMAND``, see `main.COMMANDS`: thin callers of the service layer.

A command's flags are the fields of its request, nested ones flattened, so that nothing is said twice. Results go to
standard output; progress, notes and errors to standard error. Exit code 0: done; 2: bad input, in one line; 130:
interrupted.
"""
