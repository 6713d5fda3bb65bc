"""Training of the models that come with Diorama, from nothing but the renderer."""
