"""Training of Diorama-LLaVA: ``python -m ood_studio.training.contexts``.

A genuine `LlavaForConditionalGeneration` in miniature that answers which place an image shows and which context
elements can be seen in it, without its main object. As LLaVA itself does, it begins with a trained CLIP: its vision
tower starts with the weights of Diorama-CLIP's vision transformer (``assets/diorama``, which has the architecture of
`CLIPVisionModel`; two layers more begin by changing nothing), so that the language model meets patches that tell
elements apart already; all of it is then trained together. Two linear heads that are not kept help: each projected
patch must name the element that fills it, known from the renderer's masks, and their mean the place; at first they
teach alone. Elements are named in the order of `ELEMENTS`, so that there is one right answer and none is named twice.
"""
