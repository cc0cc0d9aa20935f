"""Papers as the source text of typesetting programs: HTML, TeX, groff and CSV."""

import csv
import html
import io
import random

from benchmarks.pdf_forensics.sheets import Sheet

_FACES = ("Liberation Sans, Arial, sans-serif", "DejaVu Serif, serif", "Lato, sans-serif", "C059, serif")
_COLORS = ("#204a87", "#333333", "#8f5902", "#5c3566", "#4e9a06")


def as_html(paper: Sheet) -> str:
    """A styled page: coloured table head, striped rows, a drawn logo, a link, a fixed-width account number."""
    dice = random.Random(paper.seed)
    color, face = dice.choice(_COLORS), dice.choice(_FACES)
    meta = "".join(f"<tr><td>{name}</td><td class=m>{value}</td></tr>" for name, value in paper.meta)
    head = "".join(f"<th>{cell}</th>" for cell in paper.header)
    rows = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in paper.rows)
    span = len(paper.header) - 1
    totals = "".join(
        f"<tr class=t><td colspan={span}>{name}</td><td><b>{value}</b></td></tr>" for name, value in paper.totals
    )
    texts = "".join(f"<p>{html.escape(text)}</p>" for text in paper.paragraphs)
    return f"""<!doctype html><html><head><meta charset=utf-8><title>{paper.title}</title><style>
body {{ font-family: {face}; font-size: {dice.choice((10, 11, 12))}pt; color: #222 }}
h1 {{ color: {color}; font-size: 20pt }} table {{ border-collapse: collapse; width: 100% }}
th {{ background: {color}; color: white; text-align: left }} td, th {{ padding: 3px 6px }}
tr:nth-child(even) td {{ background: #f2f2f2 }} td:last-child {{ text-align: right }}
.t td {{ border-top: 1px solid {color}; text-align: right }} .m {{ font-family: DejaVu Sans Mono, monospace }}
small {{ color: #888 }} sup {{ font-size: 60% }}</style></head><body>
<svg width=60 height=30><rect width=60 height=30 fill="{color}"/><circle cx=30 cy=15 r=10 fill="white"/></svg>
<h1>{html.escape(paper.firm)}</h1><h2>{paper.title}</h2><table>{meta}</table>{texts}
<table><tr>{head}</tr>{rows}{totals}</table>
<p><small>Questions<sup>1</sup>? <a href="https://example.com/{paper.seed}">example.com</a>, page 1 of 1</small></p>
</body></html>"""


def as_tex(paper: Sheet) -> str:
    """An article with hyperlinks, a ruled table and some mathematics."""
    columns = "l" + "r" * (len(paper.header) - 1)
    rows = "\\\\\n".join(" & ".join(map(_tex, row)) for row in (paper.header, *paper.rows))
    skip = " & " * (len(paper.header) - 1)
    totals = "".join(f"\\\\\n\\textbf{{{_tex(name)}}}{skip}\\textbf{{{value}}}" for name, value in paper.totals)
    meta = "\\\\\n".join(f"{name}: \\texttt{{{_tex(value)}}}" for name, value in paper.meta)
    texts = "\n\n".join(map(_tex, paper.paragraphs))
    package = ("charter", "palatino", "helvet", "times")[paper.seed % 4]
    return rf"""\documentclass[a4paper]{{article}}\usepackage[T1]{{fontenc}}\usepackage{{{package},hyperref,xcolor}}
\begin{{document}}\section*{{{_tex(paper.firm)}}}\textcolor{{blue}}{{{_tex(paper.title)}}}\par\noindent {meta}

{texts} With $x_1^2 + 3{{,}}250 = \frac{{12}}{{7}}$ as in note\footnote{{Of {paper.seed}.}}.

\noindent\begin{{tabular}}{{{columns}}}\hline {rows}{totals}\\\hline\end{{tabular}}

\href{{https://example.com}}{{example.com}}\end{{document}}"""


def as_groff(paper: Sheet) -> str:
    """A memorandum in the `ms` macros with a `tbl` table."""
    layout = "l" + " r" * (len(paper.header) - 1) + "."
    rows = "\n".join("\t".join(row) for row in (paper.header, *paper.rows))
    rows += "".join("\n" + "\t".join((name, *[""] * (len(paper.header) - 2), value)) for name, value in paper.totals)
    texts = "\n.PP\n".join(paper.paragraphs)
    meta = "\n.br\n".join(f"{name}: {value}" for name, value in paper.meta)
    return f".TL\n{paper.title}\n.AU\n{paper.firm}\n.LP\n{meta}\n.PP\n{texts}\n.TS\n{layout}\n{rows}\n.TE\n"


def as_csv(paper: Sheet) -> str:
    """A worksheet."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerows(((paper.firm,), (paper.title,), *paper.meta, (), paper.header, *paper.rows, *paper.totals))
    return target.getvalue()


def _tex(text: str) -> str:
    for sign in "&%$#_":
        text = text.replace(sign, "\\" + sign)
    return text
