"""Training of the zoo: ``python -m ood_studio.training.zoo NAME``, or ``all`` of them in order."""
