"""Training of Diorama's classifier: ``python -m ood_studio.training.classifier``.

A small timm residual network over the 20 ID classes: the recognition model whose energy guides the synthesis. It learns
on images and on what the finished autoencoder makes of them, so that its energy tells the object and not the blur,
and sees every class at every place equally often, so that it does not guess an airplane from a sky. It is not shown
empty places with all classes as the answer: that keeps it from guessing too, but then it sees nothing at all in them,
and an energy without a gradient leads nowhere.
"""
