"""Toys."""

from ood_studio.diorama.objects.registry import thing
from ood_studio.diorama.pen import Pen


@thing(
    "kite",
    "toy",
    colours=("red", "blue", "yellow", "green"),
    places=("sky", "meadow", "beach"),
    stance="fly",
    size=0.65,
)
def kite(pen: Pen, kind: str) -> None:
    with pen.at(-0.05, 0.0, 0.94):
        wave = 0.12 * pen.sway
        top, left, right, foot, heart = (-0.3, -0.95), (-0.95, -0.34), (0.56, -0.5), (0.16, 0.56), (-0.18, -0.43)
        # tail with bows
        tail = [foot, (0.3 + wave, 0.74), (0.5 + wave, 0.72)]
        tail += [(0.62, 0.52 - wave), (0.8, 0.46 - wave), (0.9, 0.68 + wave)]
        pen.ribbon(tail, 0.05, "ink", 0.8)
        for (x, y), turn in zip(tail[1::2], (40, -50, 65), strict=True):
            with pen.at(x, y, angle=turn + 20 * pen.sway):
                pen.poly([(0.0, 0.0), (-0.21, -0.13), (-0.17, 0.0), (-0.21, 0.13)], "trim")
                pen.poly([(0.0, 0.0), (0.21, -0.13), (0.17, 0.0), (0.21, 0.13)], "trim")
                pen.circle(0.0, 0.0, 0.055, "trim-")
        # sail in four fields, hem and spars
        pen.poly([top, right, foot, left], "body")
        pen.poly([top, heart, left], "body+")
        pen.poly([heart, right, foot], "body-")
        for corner, a, b, ink in ((foot, left, right, "trim"), (top, left, right, "trim")):
            near = [(corner[0] + 0.34 * (p[0] - corner[0]), corner[1] + 0.34 * (p[1] - corner[1])) for p in (a, b)]
            pen.poly([corner, *near], ink)
        pen.line([top, foot], 0.05, "wood")
        pen.line([left, right], 0.05, "wood")
        pen.circle(*heart, 0.06, "ink")


@thing(
    "balloon",
    "toy",
    colours=("red", "blue", "yellow", "pink"),
    places=("sky", "meadow", "beach", "street"),
    stance="fly",
    size=0.55,
)
def balloon(pen: Pen, kind: str) -> None:
    drift = 0.16 * pen.sway
    # string, knot, the drop of rubber with its shine
    string = [(drift, 0.34), (0.1, 0.5), (-0.06 - drift, 0.66), (0.08 + drift, 0.82), (-0.02 - drift, 0.95)]
    pen.ribbon(string, 0.045, "ink", 0.9)
    with pen.at(drift, 0.3, angle=10 * pen.sway):
        pen.poly([(0.0, -0.08), (0.13, 0.12), (0.0, 0.08), (-0.13, 0.12)], "body-")
        pen.curve([(0.0, 0.02), (-0.24, -0.12), (-0.5, -0.42), (-0.58, -0.78), (-0.38, -1.12), (0.0, -1.25),
                   (0.38, -1.12), (0.58, -0.78), (0.5, -0.42), (0.24, -0.12)], "body")
        pen.curve([(0.08, -0.04), (0.36, -0.34), (0.46, -0.74), (0.36, -1.08), (0.55, -0.8), (0.48, -0.42),
                   (0.24, -0.13)], "body-")
        pen.curve([(-0.42, -0.6), (-0.44, -0.86), (-0.24, -1.08), (-0.18, -1.02), (-0.32, -0.84), (-0.34, -0.6)],
                  "body+")
        pen.circle(-0.36, -0.46, 0.05, "body+")
        pen.ellipse(-0.28, -0.9, 0.05, 0.13, "paper", 35)
