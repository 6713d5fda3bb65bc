"""Training of Diorama-CLIP: ``python -m ood_studio.training.clip --model vit`` (or ``conv``).

Every batch of images meets a caption of half of them, a batch of single-word prompts and a few prompts of English words
that name nothing in the world. A caption is positive for *every* image of which it is true (multi-positive contrastive
loss, both ways), and the name of the main object counts more than what stands around it, as in what people write under
pictures. Class and concept heads on the image vector help from the first step and fade out before its end, so that
nothing of them remains in the saved model. The vision transformer, which learns more slowly, also learns each patch's
object from the renderer's masks, and from the finished convolutional model. `ood_studio.training.alignment` is the last
stage.
"""
