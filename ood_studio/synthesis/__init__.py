"""Near-boundary pictures: what stands around an object, inpainting, and the loop that leads a picture out of its class.

diffusers and transformers are imported where a model is loaded, not here.
"""
