"""The Markdown of docs/benchmarks/identity.md: every figure with the number of pairs or presentations behind it."""

import numpy as np

from benchmarks.biometrics.analysis import RATES, SHARES, TRUSTED, Discard, Verification
from benchmarks.biometrics.attacks import ATTACK, BONA_FIDE, GENUINE, UNDECIDED, Judged
from benchmarks.biometrics.measures import Rate
from benchmarks.biometrics.recordings import REASONED
from benchmarks.biometrics.verification import CLEAN, CONDITIONS
from models.training.degradations import DEGRADATIONS
from models.training.recapture.evaluate import wilson
from models.training.recapture.settings import ATTACKS

Rows = list[list[str]]
_HEAD = """# Identity: verification, face quality, passive liveness

Made by `python -m benchmarks.identity --data ../shared/data --peers` (seeded; one thread; matplotlib of the `test`
extra draws the picture). It runs the product's own code: `pipelines.identity` over `pipelines.local`, with isolated
decoding. Rates are in per cent, with 95 % intervals.

![Misses against false matches, misses by degradation, error versus discard, and liveness](identity.png)

**Read this first.** The sets are small and none of them is a customer's. Portraits were grouped into persons by the
likeness of their faces to an embedder: pairs that embedders fail on are missing there, so every matcher looks better on
them than it is, and groups hold several persons at times, so `claimed groups` also counts right rejections as misses:
use it to compare systems, not as an error rate. The score table of `face/match` was fitted on the same portraits; here
each system gets its own threshold from them, in the same way. All presentation attacks but one are simulated.
"""


def table(head: list[str], rows: Rows) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def shown(rate: Rate | None, *, n: bool = False) -> str:
    """`12.3 (8.0 to 17.1)`, and the number behind it."""
    if rate is None:
        return "-"
    text = f"{100 * rate.value:.1f} ({100 * rate.low:.1f} to {100 * rate.high:.1f})"
    return f"{text}, n {rate.n}" if n else text


def document(
    systems: list[Verification],
    discard: dict[str, Discard],
    judged: dict[str, Judged] | None,
    recorded: tuple[Judged, int] | None,
    machine: str,
) -> str:
    """The whole page."""
    parts = [_HEAD, _pairs(systems[0]), _clean(systems)]
    parts += [_degraded(systems, rate) for rate in RATES[::-1]]
    parts += [_acquired(systems), _quality(discard)]
    if judged is not None:
        parts.append(_liveness(judged))
    if recorded is not None:
        parts.append(_recordings(*recorded))
    parts.append(_cost(systems, machine))
    return "\n".join(parts)


def _pairs(system: Verification) -> str:
    rows = [
        [name, s.about, f"{len(s.genuine)} of {len(np.unique(s.persons))} persons", str(len(s.impostors))]
        for name, s in system.sources.items()
    ]
    text = table(["source", "what", "genuine pairs", "impostor pairs"], rows)
    tail = (
        "Impostors of the portraits: different groups, same folder label (man, woman), no neighbouring upload numbers. "
        "Thresholds are set on these pairs, clean, and stay fixed: FMR 1e-2 rests on "
        f"{int(1e-2 * len(system.sources['one session'].impostors))} of them above it, FMR 1e-3 on "
        f"{int(1e-3 * len(system.sources['one session'].impostors))}. The labelled impostors are too few "
        "to set either. A photo without a found face counts as a non-match. Intervals resample whole persons (1000 "
        "times, thresholds held; Wilson over persons where no or every pair failed).\n"
    )
    return f"## Pairs\n\n{text}\n{tail}"


def _clean(systems: list[Verification]) -> str:
    rows = []
    for source in systems[0].sources:
        for system in systems:
            lost, photos = system.findings.not_acquired(CLEAN, system.sources[source])
            rows.append(
                [
                    source,
                    system.name,
                    *(shown(system.missed(source, CLEAN, rate), n=True) for rate in RATES),
                    shown(system.missed_when_seen(source, CLEAN, RATES[1]), n=True),
                    f"{100 * system.matched(source, CLEAN, RATES[0]):.2f}",
                    f"{100 * system.matched(source, CLEAN, RATES[1]):.2f}",
                    f"{lost} of {photos}",
                ]
            )
    head = ["source", "system", "FNMR at FMR 1e-2", "FNMR at FMR 1e-3", "the same, faces found in both"]
    head += ["FMR seen at 1e-2", "FMR seen at 1e-3", "no face found"]
    return f"## Clean photos\n\n{table(head, rows)}"


def _degraded(systems: list[Verification], rate: float) -> str:
    columns, together = [(source, system) for source in TRUSTED for system in systems], tuple(DEGRADATIONS)
    rows = [[c, *(shown(system.missed(source, c, rate)) for source, system in columns)] for c in CONDITIONS]
    means = [np.mean([system.missed(source, c, rate).value for c in together]) for source, system in columns]
    rows.append(["**mean of the ten**", *(f"**{100 * mean:.1f}**" for mean in means)])
    numbers = ", ".join(f"{source}: {systems[0].missed(source, together[0], rate).n}" for source in TRUSTED)
    head = ["", *(f"{source}, {system.name}" for source, system in columns)]
    intro = f"One photo of each pair is spoilt, each in turn (comparisons a row: {numbers}; clean: half of them)."
    return f"## FNMR at FMR {rate:g} under ten degradations\n\n{intro}\n\n{table(head, rows)}"


def _acquired(systems: list[Verification]) -> str:
    rows = []
    for condition in DEGRADATIONS:
        cells = []
        for system in systems:
            lost = [system.findings.not_acquired(condition, system.sources[source]) for source in TRUSTED]
            cells.append(f"{sum(x for x, _ in lost)} of {sum(n for _, n in lost)}")
            cells.append(f"{100 * system.matched('one session', condition, RATES[1]):.3f}")
        rows.append([condition, *cells])
    head = ["", *(f"{system.name}, {what}" for system in systems for what in ("no face found", "FMR seen at 1e-3"))]
    pairs = len(systems[0].scores["one session", next(iter(DEGRADATIONS))].impostors)
    intro = f"Failures to acquire, and whether spoilt photos let strangers in ({pairs} impostor comparisons a row)."
    return f"## Faces not found, and false matches, when spoilt\n\n{intro}\n\n{table(head, rows)}"


def _quality(discard: dict[str, Discard]) -> str:
    wanted = [int(np.argmin(np.abs(SHARES - share))) for share in (0, 0.05, 0.1, 0.2, 0.3)]
    rows = []
    for name, found in discard.items():
        cells = [f"{100 * found.curve[i]:.1f} ({100 * found.low[i]:.1f} to {100 * found.high[i]:.1f})" for i in wanted]
        gain = "{:.1f} ({:.1f} to {:.1f})".format(*(100 * value for value in found.gain))
        best = f"{100 * found.least[wanted[2]]:.1f}"
        rows.append([name, *cells, gain, best, f"{found.n} of {found.persons} persons"])
    head = ["FNMR at FMR 1e-3", *(f"worst {100 * SHARES[i]:.0f} % rejected" for i in wanted)]
    head += ["taken off by the worst 10 %", "best possible at 10 %", "pairs"]
    intro = (
        "All ten degradations of the labelled and one-session pairs together, faces found in both photos; a pair's "
        "quality is the lower of its two photos' unified qualities (`quality` of the services). `taken off` "
        "compares with nothing rejected among the same persons, in points; `best possible` rejects misses only. "
        "The unified quality was fitted on half of the portraits' groups, which are in here too: figures of people it "
        "never saw stand in the card `face/quality`."
    )
    return f"## Quality: error versus discard\n\n{intro}\n\n{table(head, rows)}"


def _share(said: np.ndarray, status: str) -> str:
    value, low, high = wilson(int((said == status).sum()), len(said))
    return f"{100 * value:.1f} ({100 * low:.1f} to {100 * high:.1f})"


def _liveness(judged: dict[str, Judged]) -> str:
    rows, worst = [], []
    for name, found in judged.items():
        species = [kind for kind in (BONA_FIDE, *ATTACKS) if kind in found.species]
        species += sorted(set(found.species) - set(species))
        for kind in species:
            said = found.of(kind)
            other = len(said) - sum(int((said == status).sum()) for status in (GENUINE, UNDECIDED, ATTACK))
            shares = [_share(said, status) for status in (GENUINE, UNDECIDED, ATTACK)]
            rows.append([name, kind.replace("_", " "), *shares, str(other), str(len(said))])
        attacks = [kind for kind in ATTACKS if kind in found.species]
        if attacks:
            apcer = {kind: float((found.of(kind) == GENUINE).mean()) for kind in attacks}
            highest = max(apcer, key=lambda kind: apcer[kind])
            bpcer = float((found.of(BONA_FIDE) == ATTACK).mean())
            worst.append(
                f"* {name}: **APCER {100 * apcer[highest]:.1f} %** (the highest of the instruments, "
                f"{highest.replace('_', ' ')}, n {len(found.of(highest))}), **BPCER {100 * bpcer:.1f} %** "
                f"(n {len(found.of(BONA_FIDE))})."
            )
    head = ["presentations", "instrument", "passed as genuine", "undecided", "rejected as attack", "no face", "n"]
    intro = (
        "The whole `liveness_detection` service on single pictures. The people of the simulated captures and of the "
        "stock portraits here are those whom our own network never saw; what `fr_liveness` was trained on is unknown. "
        "`Passed as genuine` is APCER in an attack's row, `rejected as attack` is BPCER in a bona fide row (ISO/IEC "
        "30107-3); undecided ones are non-responses, which the product never calls genuine. Intervals: Wilson, "
        "presentations taken as independent, though two cameras shoot each scene; the true ones are wider.\n\n"
        + "\n".join(worst)
    )
    return f"## Passive liveness on single pictures\n\n{intro}\n\n{table(head, rows)}"


def _recordings(found: Judged, people: int) -> str:
    assert found.why is not None
    rows, apcer = [], {}
    for kind in dict.fromkeys(found.species):
        said, why = found.of(kind), found.why[found.species == kind]
        shares = [_share(said, status) for status in (GENUINE, UNDECIDED, ATTACK)]
        reasons = [str(sum(name in one.split("+") for one in why)) for name in REASONED]
        other = len(said) - sum(int((said == status).sum()) for status in (GENUINE, UNDECIDED, ATTACK))
        rows.append([kind.replace("_", " "), *shares, *reasons, str(other), str(len(said))])
        apcer[kind] = float((said == GENUINE).mean())
    worst = max((kind for kind in apcer if kind != BONA_FIDE), key=lambda kind: apcer[kind])
    refused = found.of(BONA_FIDE)
    intro = (
        "The whole service on recordings of about three seconds (10 frames a second, H.264), rendered from portraits "
        f"of {people} people whom our liveness network never saw: a person who moves a little, a photo print held, the "
        "same waved (turned by 12 to 35 degrees), and a recording of the moving person on a screen with the subpixels "
        "of devices held out. No real camera filmed any of them: heads have the depth that the mesh network gave their "
        "portrait, which the same network may find again more easily than in life, and stand before a blurred "
        "background in which the portrait's own border shows. Columns as above, of the service's verdict; a rejection "
        "can have several reasons.\n\n"
        f"* **APCER {100 * apcer[worst]:.1f} %** (the highest of the instruments, {worst.replace('_', ' ')}, "
        f"n {len(found.of(worst))}), **BPCER {100 * float((refused == ATTACK).mean()):.1f} %** (n {len(refused)})."
    )
    head = ["instrument", "passed as genuine", "undecided", "rejected as attack"]
    head += [*(f"by `{name}`" for name in REASONED), "no face", "n"]
    return f"## Passive liveness on short recordings\n\n{intro}\n\n{table(head, rows)}"


def _cost(systems: list[Verification], machine: str) -> str:
    rows = [[system.name, f"{system.findings.cpu_ms:.0f}"] for system in systems]
    text = table(["from file to vector", "CPU-ms a photo (mean of the clean photos, one thread)"], rows)
    notes = (
        "Veriscope's includes isolated decoding, the rotation search, mesh, pose, quality and occlusion. dlib's: "
        "dlib-bin 20.0.1, face-recognition-models 0.3.0, HOG detector (enlarged up to fourfold until it finds a face), "
        f"5-point alignment, ResNet, Euclidean distance. {machine}\n"
    )
    return f"## Cost\n\n{text}\n{notes}"
