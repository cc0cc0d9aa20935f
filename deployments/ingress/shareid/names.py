"""Whether two spellings are the same name (contracts 6.1)."""

import re
import unicodedata

_APOSTROPHES = re.compile("['`\u00b4\u2018\u2019]")
_APART = re.compile("[\\s.\\-\u2010]+")

_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "æ": "ae", "œ": "oe", "þ": "th", "\u0131": "i"})
# Machine-readable zones write these in two letters (ICAO 9303-3, section 6).
_WRITTEN_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa", "ø": "oe", "ñ": "n", "ĳ": "ij"})


def spellings(name: str) -> set[tuple[str, ...]]:
    """The words of a name without accents and case: as typed, and as machine-readable zones spell it."""
    folded = unicodedata.normalize("NFC", name).casefold()
    # Zones leave an apostrophe out; elsewhere it parts words.
    joined = (_APOSTROPHES.sub(mark, folded) for mark in (" ", ""))
    forms = (form for text in joined for form in (text, text.translate(_WRITTEN_OUT)))
    return {words for form in forms if (words := _words(form))}


def same(one: str, other: str) -> bool:
    """Whether both are the same name."""
    return bool(spellings(one) & spellings(other))


def is_given_name(name: str, given_names: str) -> bool:
    """Whether it is all of these given names or one of them; a name with a hyphen is one, and documents write two."""
    for wanted in spellings(name):
        for words in spellings(given_names):
            starts = range(len(words) - len(wanted) + 1)
            if any(words[start : start + len(wanted)] == wanted for start in starts):
                return True
    return False


def _words(folded: str) -> tuple[str, ...]:
    decomposed = unicodedata.normalize("NFKD", folded.translate(_PLAIN))
    bare = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    return tuple(word for word in _APART.split(bare.casefold()) if word)
