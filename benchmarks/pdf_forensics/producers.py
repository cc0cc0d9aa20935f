"""Ordinary PDFs of many producers: each paper set by the real program, as people's computers do."""

import random
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pymupdf
from PIL import Image
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table

from benchmarks.pdf_forensics.setting import as_csv, as_groff, as_html, as_tex
from benchmarks.pdf_forensics.sheets import Sheet, sheet

_SECONDS = 180.0
_DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
COUNTS = {
    "reportlab": 14, "reportlab-ttf": 8, "reportlab-form": 4, "chromium": 22, "writer": 20, "calc": 8, "pdflatex": 16,
    "lualatex": 3, "dvips": 6, "dvipdfmx": 6, "groff": 10, "groff-ps": 4, "wkhtmltopdf": 14, "matplotlib": 10,
    "matplotlib-42": 5, "pymupdf-story": 8, "pillow-scan": 6, "imagemagick": 6, "tesseract": 6, "cairo": 10,
    "ghostscript": 12, "qpdf-linear": 8, "qpdf-streams": 6, "pdftk": 8, "pdftk-plain": 4,
}  # fmt: skip


def ordinary(folder: Path, first: int = 0) -> dict[str, list[Path]]:
    """Makes what is missing of the set in a folder, of papers from the number `first` on.

    Returns:
        The files by producer; programs that are absent have none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made: dict[str, list[Path]] = {}
    for start, (name, count) in enumerate(COUNTS.items()):
        papers = [sheet(first + 1000 * start + index) for index in range(count)]
        places = [folder / f"{name}-{index:02}.pdf" for index in range(count)]
        missing = [(paper, place) for paper, place in zip(papers, places, strict=True) if not place.exists()]
        if missing:
            _make(name, missing, made)
        made[name] = [place for place in places if place.exists() and place.stat().st_size]
        print(f"{name}: {len(made[name])} of {count}", flush=True)
    return made


def _make(name: str, wanted: Sequence[tuple[Sheet, Path]], made: dict[str, list[Path]]) -> None:
    if name in _BATCHES:
        _BATCHES[name](wanted)
        return
    sources = [path for source in _SOURCES.get(name, ()) for path in made.get(source, ())]
    with ThreadPoolExecutor(2) as pool:
        for index, (paper, place) in enumerate(wanted):
            pool.submit(_guarded, _SINGLES[name], paper, place, sources[index * 3 % len(sources)] if sources else None)


def _guarded(make: Callable, paper: Sheet, place: Path, source: Path | None) -> None:
    try:
        make(paper, place, source) if source else make(paper, place)
    except (OSError, subprocess.SubprocessError) as error:
        print(f"{place.name}: {type(error).__name__}", flush=True)


def run(*command: str | Path, cwd: Path | None = None, stdin: bytes | None = None) -> bytes:
    """What a program prints; SubprocessError where it fails."""
    done = subprocess.run(list(map(str, command)), cwd=cwd, input=stdin, capture_output=True, timeout=_SECONDS)
    done.check_returncode()
    return done.stdout


def _reportlab(paper: Sheet, place: Path, face: str = "Helvetica") -> None:
    styles = getSampleStyleSheet()
    for style in ("Title", "Normal"):
        styles[style].fontName = face
    size = (A4, LETTER)[paper.seed % 2]
    document = SimpleDocTemplate(str(place), pagesize=size, title=paper.title, author=paper.firm)
    bold = "Helvetica-Bold" if face == "Helvetica" else face
    look = [("BACKGROUND", (0, 0), (-1, 0), colors.darkblue), ("TEXTCOLOR", (0, 0), (-1, 0), colors.white)]
    look += [
        ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
        ("FONTNAME", (0, 0), (-1, -1), face),
        ("GRID", (0, 0), (-1, -1), 0.3, colors.grey),
    ]
    look += [("FONTNAME", (0, -1), (-1, -1), bold)]
    blanks = [""] * (len(paper.header) - 2)
    rows = [paper.header, *paper.rows, *((name, *blanks, value) for name, value in paper.totals)]
    story = [Paragraph(paper.firm.replace("&", "&amp;"), styles["Title"]), Paragraph(paper.title, styles["Normal"])]
    story += [Paragraph(f"{name}: <font face='Courier'>{value}</font>", styles["Normal"]) for name, value in paper.meta]
    story += [Paragraph(text + " <super>2</super>", styles["Normal"]) for text in paper.paragraphs]
    document.build([*story, Spacer(1, 20), Table(rows, style=look)])


def _reportlab_ttf(paper: Sheet, place: Path) -> None:
    pdfmetrics.registerFont(TTFont("DejaVu", str(_DEJAVU)))
    _reportlab(paper, place, "DejaVu")


def _reportlab_form(paper: Sheet, place: Path) -> None:
    canvas = Canvas(str(place), pagesize=A4)
    canvas.drawString(72, 780, paper.title)
    for row, (name, value) in enumerate(paper.meta):
        canvas.drawString(72, 740 - 40 * row, name)
        canvas.acroForm.textfield(name=name, value=value, x=200, y=732 - 40 * row, width=220, height=22)
    canvas.acroForm.checkbox(name="agreed", x=72, y=500, checked=True)
    canvas.save()


def _chromium(paper: Sheet, place: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        page = Path(scratch) / "page.html"
        page.write_text(as_html(paper))
        flags = ("--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={scratch}/profile")
        footer = () if paper.seed % 3 else ("--no-pdf-header-footer",)
        run("chromium", *flags, *footer, f"--print-to-pdf={place}", page)


def _wkhtmltopdf(paper: Sheet, place: Path) -> None:
    run("wkhtmltopdf", "-q", "-", place, stdin=as_html(paper).encode())


def _office(source: Callable[[Sheet], str], suffix: str, kind: str) -> Callable:
    def convert(wanted: Sequence[tuple[Sheet, Path]]) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            for paper, place in wanted:
                (Path(scratch) / f"{place.stem}.{suffix}").write_text(source(paper))
            files = sorted(Path(scratch).glob(f"*.{suffix}"))
            home = f"-env:UserInstallation=file://{scratch}/home"
            run("soffice", home, "--headless", "--convert-to", f"pdf:{kind}", "--outdir", scratch, *files)
            for _, place in wanted:
                if (made := Path(scratch) / place.name).exists():
                    shutil.move(made, place)

    return convert


def _tex(program: str, *then: Sequence[str]) -> Callable:
    def make(paper: Sheet, place: Path) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            (Path(scratch) / "paper.tex").write_text(as_tex(paper))
            run(program, "-interaction=batchmode", "paper.tex", cwd=Path(scratch))
            for command in then:
                run(*command, cwd=Path(scratch))
            shutil.move(Path(scratch) / "paper.pdf", place)

    return make


def _groff(paper: Sheet, place: Path) -> None:
    place.write_bytes(run("groff", "-t", "-ms", "-Tpdf", stdin=as_groff(paper).encode()))


def _groff_ps(paper: Sheet, place: Path) -> None:
    script = run("groff", "-t", "-ms", "-Tps", stdin=as_groff(paper).encode())
    run("ps2pdf", "-", place, stdin=script)


def _matplotlib(kind: int) -> Callable:
    def make(wanted: Sequence[tuple[Sheet, Path]]) -> None:
        import matplotlib as mpl

        mpl.use("pdf")
        import matplotlib.pyplot as plt

        for paper, place in wanted:
            with mpl.rc_context({"pdf.fonttype": kind}):
                figure, (chart, table) = plt.subplots(2, figsize=(7, 9))
                values = [float(row[-1].replace(",", "")) for row in paper.rows]
                chart.bar(range(len(values)), values, label=paper.title, color=f"C{paper.seed % 10}")
                chart.legend()
                table.axis("off")
                table.table(cellText=list(paper.rows), colLabels=paper.header, loc="center")
                figure.savefig(place)
                plt.close(figure)

    return make


def _story(paper: Sheet, place: Path) -> None:
    story = pymupdf.Story(as_html(paper))
    writer = pymupdf.DocumentWriter(str(place))
    more = True
    while more:
        device = writer.begin_page(pymupdf.paper_rect("a4"))
        more, _ = story.place(pymupdf.paper_rect("a4") + pymupdf.Rect(36, 36, -36, -36))
        story.draw(device)
        writer.end_page()
    writer.close()


def _scan(source: Path, seed: int) -> Image.Image:
    """A page as a scanner sees it: grey, a little turned, noisy."""
    drawn = pymupdf.open(source)[0].get_pixmap(dpi=150, colorspace=pymupdf.csGRAY)
    image = Image.frombytes("L", (drawn.width, drawn.height), drawn.samples)
    image = image.rotate(random.Random(seed).uniform(-1, 1), fillcolor=250, resample=Image.Resampling.BICUBIC)
    noise = np.random.default_rng(seed).normal(0, 4, image.size[::-1])
    return Image.fromarray(np.clip(np.asarray(image) * 0.95 + 8 + noise, 0, 255).astype(np.uint8))


def _pillow(paper: Sheet, place: Path, source: Path) -> None:
    _scan(source, paper.seed).save(place, "PDF", resolution=150)


def _scanned_by(*command: str) -> Callable:
    def make(paper: Sheet, place: Path, source: Path) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            image = Path(scratch) / "scan.jpg"
            _scan(source, paper.seed).save(image, "JPEG", quality=80, dpi=(150, 150))
            target = place.with_suffix("") if command[0] == "tesseract" else place
            run(command[0], image, f"{command[1]}{target}", *command[2:])

    return make


def _rewritten(*command: str) -> Callable:
    def make(paper: Sheet, place: Path, source: Path) -> None:
        run(*(str(source) if part == "IN" else str(place) if part == "OUT" else part for part in command))

    return make


_BATCHES: dict[str, Callable] = {
    "writer": _office(as_html, "html", "writer_web_pdf_Export"),
    "calc": _office(as_csv, "csv", "calc_pdf_Export"),
    "matplotlib": _matplotlib(3),
    "matplotlib-42": _matplotlib(42),
}
_SINGLES: dict[str, Callable] = {
    "reportlab": _reportlab,
    "reportlab-ttf": _reportlab_ttf,
    "reportlab-form": _reportlab_form,
    "chromium": _chromium,
    "wkhtmltopdf": _wkhtmltopdf,
    "pdflatex": _tex("pdflatex"),
    "lualatex": _tex("lualatex"),
    "dvips": _tex("latex", ("dvips", "-q", "paper.dvi"), ("ps2pdf", "paper.ps")),
    "dvipdfmx": _tex("latex", ("dvipdfmx", "-q", "paper.dvi")),
    "groff": _groff,
    "groff-ps": _groff_ps,
    "pymupdf-story": _story,
    "pillow-scan": _pillow,
    "imagemagick": _scanned_by("convert", "epdf:"),  # Debian forbids ImageMagick to write plain "pdf"
    "tesseract": _scanned_by("tesseract", "", "pdf"),
    "cairo": _rewritten("pdftocairo", "-pdf", "IN", "OUT"),
    "ghostscript": _rewritten("gs", "-q", "-o", "OUT", "-sDEVICE=pdfwrite", "IN"),
    "qpdf-linear": _rewritten("qpdf", "--linearize", "IN", "OUT"),
    "qpdf-streams": _rewritten("qpdf", "--object-streams=generate", "IN", "OUT"),
    "pdftk": _rewritten("pdftk", "IN", "cat", "output", "OUT"),
    "pdftk-plain": _rewritten("pdftk", "IN", "output", "OUT", "uncompress"),
}
_SOURCES = dict.fromkeys(
    (
        "pillow-scan",
        "imagemagick",
        "tesseract",
        "cairo",
        "ghostscript",
        "qpdf-linear",
        "qpdf-streams",
        "pdftk",
        "pdftk-plain",
    ),
    ("reportlab", "chromium", "writer", "pdflatex", "groff"),
)
