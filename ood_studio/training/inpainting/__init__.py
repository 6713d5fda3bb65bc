"""Training of the inpainting network of Diorama-SD: ``python -m ood_studio.training.inpainting``.

A diffusers ``UNet2DConditionModel`` with 9 input channels (noisy latents, mask, latents of the image outside the mask),
as in Stable Diffusion 2 inpainting with v-prediction, on the latents of the finished autoencoder. As in Stable
Diffusion the text encoder is CLIP's own and stays as it is: here the text tower of Diorama-CLIP. Scenes without an
object come with prompts that name the place and what stands there, scenes with one with prompts that name it too, so
that a prompt of context elements alone means that there is no object.
"""
