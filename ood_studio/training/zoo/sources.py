"""Two sources of captioned pictures: other styles, other places, other captions, the same classes.

They stand for what two collections of pictures from the web are to CLIPs. Both hold every trained class, empty places
and textures, in the shares of what the bundled models learn from; neither holds a class that is withheld.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from ood_studio.diorama.captions import ADJECTIVE_TEMPLATES, NOUN_TEMPLATES, Caption, caption, item_adjectives
from ood_studio.diorama.objects import OBJECTS
from ood_studio.diorama.sample import TRAINING_SHARE, sample_empty, sample_scene, sample_texture
from ood_studio.diorama.scene import Scene
from ood_studio.diorama.world import ID_CLASSES, TRAINED_CLASSES
from ood_studio.training.captioned_scenes import Source

_EMPTY, _TEXTURE, _INSIDE = 0.08, 0.15, 0.55  # up to which share a scene is empty, a texture, of an ID class


@dataclass(frozen=True)
class _World:
    """The part of Diorama that a source shows; the first of its styles is half of its pictures."""

    places: tuple[str, ...]
    styles: tuple[str, ...]

    def draw(self, seed: str) -> Scene:
        rng = Random(seed + "/source")  # not Random(seed), whose first numbers the samplers draw again
        share = rng.random()
        style = self.styles[0] if rng.random() < 0.5 else rng.choice(self.styles[1:])
        if share < _EMPTY:
            return sample_empty(seed, rng.choice(self.places), style)
        if share < _TEXTURE:
            return sample_texture(seed)
        name = rng.choice(ID_CLASSES if share < _INSIDE else TRAINED_CLASSES[len(ID_CLASSES) :])
        natural = [place for place in self.places if place in OBJECTS[name].places]
        strange = not natural or rng.random() < TRAINING_SHARE["background"]
        place = rng.choice(self.places if strange else natural)
        others = ID_CLASSES if share < _INSIDE else TRAINED_CLASSES
        return sample_scene(seed, (name,), others=others, place=place, style=style, shares=TRAINING_SHARE)


def terse_caption(scene: Scene, rng: Random) -> Caption:
    """A true caption of a word or two: the object with at most one adjective, an adjective alone, or the place."""
    if scene.surface is not None:
        return _say(NOUN_TEMPLATES, scene.surface.name, rng)
    if scene.main is None:
        return _say(NOUN_TEMPLATES, scene.place, rng)
    adjectives = item_adjectives(scene, scene.main)
    share = rng.random()
    if share < 0.1 and adjectives:
        return _say(ADJECTIVE_TEMPLATES, rng.choice(adjectives), rng)
    if share < 0.15:
        return _say(NOUN_TEMPLATES, scene.place, rng)
    noun = scene.main.kind if share < 0.3 and scene.main.kind else scene.main.name
    if share < 0.55 and adjectives:
        adjective = rng.choice(adjectives)
        return Caption(f"{adjective} {noun}", frozenset((adjective, noun)))
    return _say(NOUN_TEMPLATES, noun, rng)


def _say(templates: tuple[str, ...], concept: str, rng: Random) -> Caption:
    return Caption(rng.choice(templates).format(concept), frozenset((concept,)))


PICTURE_BOOKS = Source(
    "picture books",
    _World(
        ("sea", "pond", "meadow", "forest", "farm", "sky", "kitchen", "parlor"), ("flat", "painted", "pixel", "night")
    ).draw,
    caption,
)
"""Gardens, woods and rooms, flat, painted, in pixels or at night, told in words and whole sentences."""

SKETCHBOOKS = Source(
    "sketchbooks",
    _World(
        ("beach", "desert", "mountain", "street", "snow", "workshop", "stage"),
        ("flat", "sketch", "silhouette", "noisy"),
    ).draw,
    terse_caption,
)
"""Streets, mountains and stages, flat, sketched, in silhouette or noisy, told in a word or two."""

SOURCES = {source.name: source for source in (PICTURE_BOOKS, SKETCHBOOKS)}
