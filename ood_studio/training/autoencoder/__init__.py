"""Training of the autoencoder of Diorama-SD: ``python -m ood_studio.training.autoencoder``.

A diffusers ``AutoencoderKL``, 64 x 64 pixels to 32 x 32 latents of 4 channels. The loss is the logarithm of each
image's squared error, over the whole of it and inside the main object's box: minus PSNR up to a factor, so that noisy
images, which cannot be kept, do not drown the others. At last the decoder alone learns on, from latents with less noise
than their distributions have, so that it is sharp on what the encoder gives and still forgives what a network paints.
"""
