"""Every compiled pattern of the package, and texts on which a backtracking engine would be slow.

The texts are made from a pattern's own parse tree: what a repetition can repeat, what can stand before it, and endings
at which it fails; and from random words of the pattern's own characters.
"""

import importlib
import pkgutil
import random
import re
import re._constants as tree_codes
import re._parser as tree_parser
import types
from collections.abc import Iterator
from functools import partial

import loglm_bridge

#: Characters that are tried as members of a class.
_CANDIDATES = " a1A=\"'<-._/:\t\nx{[$|,;é"
_ENDINGS = ("\x01", "\n", "", " ", '"')
_REPEATS = {tree_codes.MAX_REPEAT, tree_codes.MIN_REPEAT, tree_codes.POSSESSIVE_REPEAT}
_MAX_DEPTH = 4
_RANDOM_WORDS = 12
_MAX_CASES = 120


def patterns() -> dict[re.Pattern, str]:
    """Return every pattern that a module of the package holds, also inside objects, and where."""
    found: dict[re.Pattern, str] = {}
    for info in pkgutil.walk_packages(loglm_bridge.__path__, "loglm_bridge."):
        if info.name.endswith("__main__"):
            continue
        module = importlib.import_module(info.name)
        for name, value in list(vars(module).items()):
            _collect(value, f"{info.name}:{name}", found, 0, set())
            if isinstance(value, type) and value.__module__ == info.name:
                for attribute in list(vars(value).values()):
                    _collect(attribute, f"{info.name}:{name}", found, 0, set())
    return found


def _collect(value: object, where: str, found: dict[re.Pattern, str], depth: int, seen: set[int]) -> None:
    if isinstance(value, re.Pattern):
        found.setdefault(value, where)
        return
    if depth > _MAX_DEPTH or id(value) in seen:
        return
    seen.add(id(value))
    for part in _parts(value):
        _collect(part, where, found, depth + 1, seen)


def _parts(value: object) -> list[object]:
    if isinstance(value, dict):
        return [*value.keys(), *value.values()][:5_000]
    if isinstance(value, list | tuple | set | frozenset):
        return list(value)[:5_000]
    if isinstance(value, partial):
        return [value.func, *value.args]
    if isinstance(value, types.FunctionType):
        return [*(value.__defaults__ or ()), *(cell.cell_contents for cell in value.__closure__ or () if _is_set(cell))]
    if isinstance(value, types.MethodType | types.BuiltinMethodType):
        return [value.__self__]
    own = getattr(type(value), "__module__", "").startswith("loglm_bridge")
    if own and hasattr(value, "__dict__"):
        return list(vars(value).values())
    return [getattr(value, slot, None) for slot in getattr(type(value), "__slots__", ())] if own else []


def _is_set(cell: types.CellType) -> bool:
    try:
        return cell.cell_contents is not None
    except ValueError:
        return False


def worst_cases(pattern: re.Pattern) -> list[tuple[str, str, str]]:
    """Return (prefix, repeated, ending) of texts that may be slow for a pattern; bytes patterns as latin-1 text."""
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    flags = pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags
    tree = tree_parser.parse(source, flags)
    cases: dict[tuple[str, str, str], None] = {}
    whole = _sample(tree)
    for text in (whole, whole[:-1], whole[:1]):
        cases.update({("", text, ending): None for ending in _ENDINGS[:2] if text})
    for prefix, inner in _pumps(tree, ""):
        cases.update({(prefix, inner, ending): None for ending in _ENDINGS})
        cases[("", prefix + inner, "\x01")] = None
        cases[("", prefix + inner * 3, "\x01")] = None
    alphabet = sorted({*whole, *(c for prefix, inner in _pumps(tree, "") for c in prefix + inner)})
    source_of_words = random.Random(repr(source))
    for _ in range(_RANDOM_WORDS if alphabet else 0):
        word = "".join(source_of_words.choices(alphabet, k=source_of_words.randint(2, 8)))
        cases[("", word, source_of_words.choice(_ENDINGS))] = None
    kept = list(cases)
    return kept if len(kept) <= _MAX_CASES else random.Random(repr(source)).sample(kept, _MAX_CASES)


def text_of(case: tuple[str, str, str], size: int) -> str:
    """Return the text of about `size` characters that a case describes."""
    prefix, repeated, ending = case
    return (prefix + repeated * (size // len(repeated) + 1))[:size] + ending


def _pumps(items, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield what repetitions may repeat, with a text that matches what stands before them."""
    for op, arguments in items:
        if op in _REPEATS:
            low, high, inner = arguments
            if high >= 20:
                yield from ((prefix, text) for text in _samples(inner) if text)
            yield from _pumps(inner, prefix)
            prefix += _sample(inner) * low
        elif op is tree_codes.SUBPATTERN:
            yield from _pumps(arguments[3], prefix)
            prefix += _sample(arguments[3])
        elif op is tree_codes.BRANCH:
            for branch in arguments[1]:
                yield from _pumps(branch, prefix)
            prefix += _sample(arguments[1][0])
        elif op is tree_codes.ATOMIC_GROUP:
            yield from _pumps(arguments, prefix)
            prefix += _sample(arguments)
        elif op in (tree_codes.ASSERT, tree_codes.ASSERT_NOT):
            yield from _pumps(arguments[1], prefix)
        elif op not in (tree_codes.AT, tree_codes.GROUPREF, tree_codes.GROUPREF_EXISTS):
            prefix += _members(op, arguments)[:1]


def _samples(items) -> list[str]:
    """Return texts that match: for one character, each candidate of its class; for a group, each branch."""
    if len(items) == 1:
        op, arguments = items[0]
        if op is tree_codes.BRANCH:
            return [text for branch in arguments[1] for text in _samples(branch)][:8]
        if op is tree_codes.SUBPATTERN:
            return _samples(arguments[3])
        if op in (tree_codes.IN, tree_codes.ANY, tree_codes.NOT_LITERAL, tree_codes.CATEGORY):
            return list(_members(op, arguments))[:6]
    return [_sample(items)]


def _sample(items) -> str:
    """Return one text that matches, as short as it may be."""
    text = ""
    for op, arguments in items:
        if op in _REPEATS:
            text += _sample(arguments[2]) * arguments[0]
        elif op is tree_codes.SUBPATTERN:
            text += _sample(arguments[3])
        elif op is tree_codes.BRANCH:
            text += _sample(arguments[1][0])
        elif op is tree_codes.ATOMIC_GROUP:
            text += _sample(arguments)
        elif op in (tree_codes.LITERAL, tree_codes.IN, tree_codes.ANY, tree_codes.NOT_LITERAL, tree_codes.CATEGORY):
            text += _members(op, arguments)[:1]
    return text


def _members(op, arguments) -> str:
    """Return characters of a class, or the literal itself."""
    if op is tree_codes.LITERAL:
        return chr(arguments)
    if op is tree_codes.ANY:
        return "a1 <"
    items = arguments if op is tree_codes.IN else [(op, arguments)]
    negated = bool(items) and items[0][0] is tree_codes.NEGATE
    members = "".join(c for c in _CANDIDATES if any(_has(item, c) for item in items) != negated)
    first = items[0]
    if not members and first[0] in (tree_codes.LITERAL, tree_codes.RANGE):
        members = chr(first[1] if first[0] is tree_codes.LITERAL else first[1][0])
    return members


def _has(item, character: str) -> bool:
    op, arguments = item
    if op is tree_codes.LITERAL:
        return ord(character) == arguments
    if op is tree_codes.NOT_LITERAL:
        return ord(character) != arguments
    if op is tree_codes.RANGE:
        return arguments[0] <= ord(character) <= arguments[1]
    if op is not tree_codes.CATEGORY:
        return False
    name = str(arguments)
    test = str.isdigit if "DIGIT" in name else str.isspace if "SPACE" in name else _is_word
    return test(character) != ("NOT" in name)


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"
