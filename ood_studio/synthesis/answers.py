"""Reads lists of things out of what language models and people write, however they write it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

MAX_ELEMENTS = 20
MAX_WORDS = 4
_LONGEST = 4000  # characters read of a text

_SPECIAL = re.compile(r"<[^<>\s]{0,24}>|\[/?INST\]")
_ROLE = re.compile(r"^\s*(?:assistant|answer|ai|llava)\s*:\s*", re.IGNORECASE)
_REFUSAL = re.compile(
    r"^\W*(?:i['’]?m (?:very )?sorry|i am (?:very )?sorry|sorry|apologies|unfortunately|as an ai|"
    r"i (?:can ?not|can['’]?t|could ?n[o'’]t|do not|don['’]?t|am not able|am unable)|unable to)\b",
    re.IGNORECASE,
)
_NOTHING = re.compile(
    r"^\W*(?:(?:there (?:is|are|isn['’]t|aren['’]t) )?(?:nothing|none|no|not any)(?: other| else)?"
    r"(?: (?:visible )?(?:objects?|elements?|things?|items?))?(?: (?:else|visible))?|n/a|empty)\W*$",
    re.IGNORECASE,
)
_BULLET = re.compile(r"^\s*(?:[-*+•·‣▪◦–—]+|\(?\d{1,3}[.):]|\(?[a-z]\))\s+", re.IGNORECASE)
_INLINE_NUMBER = re.compile(r"(?:^|[\s,;])\(?\d{1,2}[.)]\s+")
_SEPARATORS = re.compile(r"[,;/|&\n\t•·、]|(?<!\w)[-–—](?!\w)|[.!?。](?=\s|$)|\s(?:and|or|plus)\s")
_LEAD = re.compile(
    r"^(?:(?:besides|apart from|other than|in addition to)\b[^,]*,\s*)?"
    r"(?:(?:in|on|at) (?:the|this) (?:image|picture|photo|scene|background|foreground)\b,?\s*)?"
    r"(?:(?:the|this|it|these|other|all|main|visible|various|additional|you|we|i|they|image|picture|photo|photograph|"
    r"drawing|illustration|scene|background|foreground|elements?|objects?|things?|items?|list|in|of|there|here)\s+){0,8}"
    r"(?:(?:also|can|could|clearly|mainly)\s+)*"
    r"(?:contains?|shows?|depicts?|features?|includes?|displays?|consists? of|has|have|see|is|are|"
    r"showing|containing|featuring|including)\b(?:\s+(?:also|following|mainly|only))*\s*:?\s*(?=\S)",
    re.IGNORECASE,
)
_JOINS = re.compile(
    r"\s(?:(?:that|which|who|where|while)\s+)?(?:(?:is|are|was|were|can|could|be|has|have|also|visible|seen|standing|"
    r"lying|sitting|hanging|growing|located|scattered|shown|placed|surrounded|covered|filled)\s+)*"
    r"(?:with|in|on|at|by|near|next to|in front of|behind|beside|beneath|below|above|under|over|around|among|across|"
    r"along|against|between|throughout|surrounding|holding|wearing|for|from|to)\s",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"\s(?:(?:that|which|who|where|while|is|are|was|were|can|could|has|have|visible|seen|standing|lying|sitting|"
    r"hanging|growing|located|scattered|shown|here|there)\b).*$|"
    r"\s(?:behind|beside|below|above|around|nearby|with|in|on|at|by|near|under|over|for|from|to)$",
    re.IGNORECASE | re.DOTALL,
)
_QUANTITY = re.compile(
    r"^(?:a (?:few|lot of|couple of|number of|group of|bunch of|pair of|piece of|bit of|variety of)|lots of|"
    r"an?|the|some|several|many|few|multiple|various|other|another|any|both|all|his|her|its|their|my|your|this|these|"
    r"those|that|one|two|three|four|five|six|seven|eight|nine|ten|\d{1,3}x?|and|or|also|plus|with|there (?:is|are))\s+",
    re.IGNORECASE,
)
_NEGATION = re.compile(r"^(?:no|not|without|neither)\b", re.IGNORECASE)
_FILLER = frozenset(
    "etc|and so on|so on|and more|more|others|other|and others|and|or|with|a|an|the|some|image|scene|"
    "thing|things|item|items|object|objects|element|elements|main object|nothing|none|n/a|list|answer|yes|no|"
    "background|foreground|it|them|him|her|you|there|here|is|are|besides|sure|okay".split("|")
)
_HEADING = frozenset(
    "answer answers assistant background context contexts element elements environment foreground here image includes "
    "including is are item items list lists main note object objects other others output picture place response scene "
    "setting surroundings thing things visible contains shows following you i we they it there this that can see has "
    "have and or with".split()
)
_WHEREABOUTS = re.compile(
    r"^(?:far |very )?(?:left|right|top|bottom|upper|lower|middle|cent(?:er|re)|back|front|side|sides|corner|distance|"
    r"background|foreground|edge)\b(?:[- ](?:left|right|hand|side|part|corner|of|the))*"
    r"(?: (?:image|picture|photo|scene|frame|it|them))?$"
)
_EDGES = " \t\r\n\"'`\u00b4\u2018’“”«»„.,:;!?¡¿()[]{}<>*_~#=-–—•·…\\/|&"
_INSIDE = re.compile(r"[\s_]+")


@dataclass(frozen=True)
class Answer:
    """What was read out of an answer.

    Attributes:
        elements: distinct names in lower case, without articles, in the answer's order.
        place: what stood before the colon of ``place: thing, thing``; empty without one.
        well_formed: whether the answer was nothing but such a list (with or without a place; in a line, bullets or
            numbers) of distinct names of at most `MAX_WORDS` words, or said that there is nothing; else the elements
            are a best guess.
    """

    elements: tuple[str, ...]
    place: str = ""
    well_formed: bool = True


def parse_answer(text: str, main: str = "") -> Answer:
    """Reads the list of things in a language model's answer.

    Understood are commas, bullets, numbers, lines, "and", sentences such as "The image contains a tree, a fence and
    some grass.", a place and a colon before the list, and refusals, which name nothing.

    Args:
        text: the answer.
        main: the main object, or several names of it with commas between; things of that name are left out, and its
            name is taken out of others ("cat bed" becomes "bed").
    """
    text = _plain(_SPECIAL.sub(" ", text))
    text = _ROLE.sub("", text).strip()
    if not text or _REFUSAL.match(text):
        return Answer((), well_formed=False)
    lines, regular = _lines(text)
    place = ""
    if len(lines) == 1 or not regular:
        place, lines[0] = _place(lines[0])
    if _NOTHING.match(" ".join(lines)):
        return Answer((), place)
    names: list[str] = []
    for line in lines:
        pieces, bare = _pieces(line)
        regular = regular and bare
        for piece in pieces:
            name, clean = _name(piece)
            regular = regular and clean
            names.append(name)
    found = _distinct(name for name in names if name)
    regular = regular and len(found) == len(names)
    kept = tuple(each for each in (_without(name, main) for name in found) if each)
    return Answer(_distinct(kept)[:MAX_ELEMENTS], place, bool(found) and regular and len(found) <= MAX_ELEMENTS)


def parse_typed(text: str) -> tuple[str, ...]:
    """Reads a list that a person typed: names between commas, semicolons or lines, otherwise as they wrote them.

    Parsing ``", ".join(names)`` gives the same names again.
    """
    pieces = (_INSIDE.sub(" ", piece.strip(_EDGES)) for piece in re.split(r"[,;\n\r]", _plain(text)))
    found: dict[str, str] = {}
    for piece in pieces:
        name = _BULLET.sub("", piece).strip(_EDGES)
        if any(sign.isalnum() for sign in name):
            found.setdefault(name.casefold(), name)
    return tuple(found.values())[:MAX_ELEMENTS]


def _plain(text: str) -> str:
    """Composed characters, no control characters but line ends, nothing that could not be decoded, not endless."""
    text = text.replace("\ufffd", "")  # a model's tokens may end within a character
    text = unicodedata.normalize("NFKC", text[:_LONGEST]).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        sign if sign == "\n" or unicodedata.category(sign)[0] != "C" else " " if sign == "\t" else "" for sign in text
    )


def _lines(text: str) -> tuple[list[str], bool]:
    """The lines that make the list, without their bullets, and whether there was nothing but them."""
    lines = [line.strip() for line in text.split("\n") if line.strip(_EDGES)]
    if len(lines) == 1 and len(_INLINE_NUMBER.findall(lines[0])) > 1:
        return [_INLINE_NUMBER.sub(", ", lines[0]).strip(_EDGES)], True
    listed = [line for line in lines if _BULLET.match(line) or not _is_remark(line)]
    if any(_BULLET.match(line) for line in listed):
        items = [_BULLET.sub("", line) for line in listed]
        heads = [re.sub(r"\s*[:–—]\s.*$", "", item) for item in items]  # "Tree: a tall one behind the house"
        return heads, len(listed) == len(lines) and heads == items
    return lines or [""], bool(lines)


def _is_remark(line: str) -> bool:
    """Whether a line among bullets introduces or ends the list."""
    words = len(line.split())
    return line.endswith(":") or bool(_LEAD.match(line)) or words > MAX_WORDS or (words > 2 and line.endswith("."))


def _place(line: str) -> tuple[str, str]:
    """The place before a line's colon, where it is one, and the rest of the line."""
    head, colon, rest = line.partition(":")
    if not colon:
        return "", line
    words = head.strip(_EDGES).lower().split()
    if not words or len(words) > MAX_WORDS or any(word in _HEADING for word in words) or _SEPARATORS.search(head):
        return "", rest if len(words) <= 12 and not _SEPARATORS.search(head) else line
    return _name(head)[0], rest


def _pieces(line: str) -> tuple[list[str], bool]:
    """What stands between separators, and whether no sentence had to be taken apart for it."""
    bare = True
    pieces = []
    for sentence in re.split(r"(?<=[^\W\d])[.!?]\s+(?=\S)", line):
        lead = _LEAD.match(sentence)
        if lead:
            bare, sentence = False, sentence[lead.end() :]
        phrases = _JOINS.split(sentence)
        bare = bare and len(phrases) == 1
        pieces += [piece for phrase in phrases for piece in _SEPARATORS.split(phrase) if piece.strip(_EDGES)]
    return pieces, bare


def _name(piece: str) -> tuple[str, bool]:
    """A piece without articles, quotes and relative clauses in lower case; empty where it names nothing."""
    if len(piece) > 200:
        return "", False
    clean = True
    name = _INSIDE.sub(" ", piece.replace('"', " ")).strip(_EDGES).lower()
    if _NEGATION.match(name):
        return "", False
    while True:
        before = name
        name = _QUANTITY.sub("", name).strip(_EDGES)
        shorter = _TAIL.sub("", name).strip(_EDGES)
        if shorter != name:
            clean, name = False, shorter
        if name == before:
            break
    if name in _FILLER or _WHEREABOUTS.match(name) or not any(sign.isalpha() for sign in name) or len(name) > 60:
        return "", False
    if len(name.split()) > MAX_WORDS:
        return "", False
    return name, clean


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    """The first of each name; singular and plural are the same."""
    found: dict[str, str] = {}
    for name in names:
        found.setdefault(singular(name), name)
    return tuple(found.values())


def singular(name: str) -> str:
    """A guess at the singular of a name, to compare names by; never shown."""
    if name.endswith(("ss", "us", "is")) or len(name) < 4:
        return name
    if name.endswith("ies") and len(name) > 4:
        return name[:-3] + "y"
    if name.endswith(("ches", "shes", "sses", "xes", "zes")):
        return name[:-2]
    return name[:-1] if name.endswith("s") else name


def _without(name: str, main: str) -> str:
    """The name without the main object's names; empty where it is the main object."""
    for own in main.split(","):
        wanted = [singular(word) for word in own.lower().split()]
        if not wanted:
            continue
        words = name.split()
        for start in range(len(words) - len(wanted), -1, -1):
            there = [singular(re.sub(r"['’]s?$", "", word)) for word in words[start : start + len(wanted)]]
            if there != wanted:
                continue
            rest = words[start + len(wanted) :]
            if rest and rest[0] != "of":
                words = words[:start] + rest
            elif "of" in words[:start]:
                words = words[: words.index("of")]
            else:
                return ""
        name = " ".join(words)
    return name
