"""What Whisper may say next."""

import numpy as np
import pytest

from models.voice.whisper_rules import next_of_loop, permit
from models.voice.whisper_tokens import (
    END,
    FIRST_LANGUAGE,
    FIRST_TIME,
    LANGUAGES,
    NO_SPEECH_TOKENS,
    SILENCE,
    START,
    TRANSCRIBE,
    TRANSLATE,
    Passage,
    finished_until,
    passages_of,
)

VOCABULARY = 51_865
WORD, OTHER = 1000, 1001


def scores(**likely: float) -> np.ndarray:
    """All tokens alike but these (`t1000=5.0`)."""
    found = np.zeros(VOCABULARY, np.float32)
    for name, value in likely.items():
        found[int(name[1:])] = value
    return found


def said(token: int, *before: int, duration: float = 30.0, score: float = 50.0) -> bool:
    """Whether the token is said after those before, however likely it is."""
    return int(permit(scores(**{f"t{token}": score}), before, duration).argmax()) == token


def time(seconds: float) -> int:
    return FIRST_TIME + round(seconds / 0.02)


def test_it_begins_with_a_time_within_the_first_second() -> None:
    assert said(time(0.0))
    assert said(time(1.0))
    assert not said(time(1.02))
    assert not said(WORD)
    assert not said(END)


def test_words_follow_a_time_that_begins_and_may_go_on_or_end() -> None:
    assert said(WORD, time(0))
    assert not said(time(1), time(0))
    assert said(OTHER, time(0), WORD)
    assert said(time(2), time(0), WORD)


def test_a_time_that_ends_words_is_followed_by_one_that_begins_or_by_the_end() -> None:
    before = (time(0), WORD, time(2))
    assert said(END, *before)
    assert said(time(2), *before)
    assert said(time(3), *before)
    assert not said(OTHER, *before)


def test_times_never_run_backwards_nor_stand_still_over_words() -> None:
    assert not said(time(1.5), time(2), WORD)
    assert not said(time(2), time(2), WORD)
    assert said(time(2.02), time(2), WORD)


def test_nothing_is_said_after_the_end_of_the_sound() -> None:
    assert not said(time(12), time(0), WORD, duration=10.0)
    assert said(time(10), time(0), WORD, duration=10.0)
    assert said(END, time(0), WORD, time(10), duration=10.0)
    assert not said(time(10), time(0), WORD, time(10), duration=10.0), "no words begin where the sound ends"
    stuck = permit(scores(), (time(10), WORD, time(10.02), time(10.02)), 10.0)
    assert np.isfinite(stuck).any()


@pytest.mark.parametrize("token", [START, FIRST_LANGUAGE, TRANSLATE, TRANSCRIBE, SILENCE, NO_SPEECH_TOKENS[0]])
def test_tokens_that_are_no_words_are_never_said(token: int) -> None:
    assert not said(token, time(0), WORD)


def test_times_that_are_likely_together_beat_a_likelier_word() -> None:
    likely = scores(**{f"t{WORD}": 9.0})
    assert int(permit(likely, (time(0), OTHER), 30.0).argmax()) == WORD
    likely[FIRST_TIME + 60 : FIRST_TIME + 200] = 6.0
    assert int(permit(likely, (time(0), OTHER), 30.0).argmax()) >= FIRST_TIME


def test_it_always_has_something_to_say() -> None:
    rng = np.random.default_rng(11)
    for _ in range(20):
        duration, spoken = float(rng.uniform(0.1, 30)), []  # type: float, list[int]
        for _ in range(60):
            chances = permit(rng.normal(0, 3, VOCABULARY).astype(np.float32), spoken, duration)
            token = int(chances.argmax())
            assert np.isfinite(chances[token])
            if token == END:
                break
            spoken.append(token)
        times = [token for token in spoken if token >= FIRST_TIME]
        assert times == sorted(times)


def test_a_loop_is_broken_and_what_people_repeat_is_not() -> None:
    assert next_of_loop([7] * 12) == 7
    assert next_of_loop([1, 2, 3, 4] * 3) == 1
    assert next_of_loop([9, 8, *[1, 2, 3, 4, 5] * 3]) == 1
    assert next_of_loop([7] * 5) is None
    assert next_of_loop([1, 2, 3, 1, 2, 3]) is None
    assert next_of_loop([1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 5]) is None
    assert next_of_loop([]) is None


def test_passages_stand_between_their_times() -> None:
    tokens = [time(0), WORD, time(2), time(3), OTHER, WORD, time(5)]
    assert passages_of(tokens, 10.0) == [
        Passage(0.0, 2.0, (WORD,)), Passage(3.0, pytest.approx(5.0), (OTHER, WORD)),
    ]  # fmt: skip
    assert passages_of([time(1), WORD], 10.0) == [Passage(1.0, 10.0, (WORD,))]
    assert passages_of([time(1), time(2)], 10.0) == []
    assert passages_of([], 10.0) == []


def test_there_are_ninety_nine_languages_and_each_once() -> None:
    assert len(LANGUAGES) == len(set(LANGUAGES)) == TRANSLATE - FIRST_LANGUAGE == 99
    assert (LANGUAGES[0], LANGUAGES[2], LANGUAGES[-1]) == ("en", "de", "su")


def test_a_sentence_that_the_window_cuts_off_is_unfinished() -> None:
    assert finished_until([time(0), WORD, time(9), time(9)], 10.0) == pytest.approx(9.0)
    assert finished_until([time(0), WORD, time(9)], 10.0) == 10.0
    assert finished_until([time(0), WORD, time(5)], 10.0) == pytest.approx(5.0)
    assert finished_until([time(0), WORD], 10.0) == 10.0
    assert finished_until([time(0)], 10.0) == 10.0
    assert finished_until([], 10.0) == 10.0
