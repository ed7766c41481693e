"""Which of two options the evidence recommends, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from commands.runbook.option import Option
from commands.runbook.page import Page
from commands.start.past_runs import PastRuns
from commands.start.reasons import Asked, Holds, Judged, judged, soak_of
from state.frozen import dataclass


@dataclass(frozen=True, kw_only=True)
class OptionJudged:
    """An option with its reasons."""

    page: str
    name: str
    reasons: tuple[Judged, ...]


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """The page that the evidence recommends of two; `riskier` is the page that names the safer one, `other` its name.

    `why` says what speaks for the riskier one. Where the safer one is recommended, `missing` of the `asked` reasons of
    the riskier one are not shown. `sure` is False while the commit that starts is not known, so that a soak may still
    speak for it.
    """

    page: str
    name: str
    riskier: str
    other: str
    why: str = ""
    missing: tuple[Judged, ...] = ()
    asked: int = 0
    sure: bool = True

    def speaks_against(self, page: str) -> bool:
        """Whether starting a page takes the riskier option against the evidence."""
        return page == self.riskier != self.page


@dataclass(frozen=True, kw_only=True)
class Advice:
    """The options with their reasons, and what the evidence recommends; None where nothing can be."""

    options: tuple[OptionJudged, ...] = ()
    recommended: Recommendation | None = None


def advice(
    pages: Mapping[str, Page], past: PastRuns, now: datetime, page: Page | None = None, commit: str = ""
) -> Advice:
    """What people see before they choose between pages; with a `page`, of that one and its alternative only."""
    compared = {name: one for name, one in pages.items() if one.runbook.option}
    if page is not None:
        riskier = page if page.runbook.option and page.runbook.option.safer else _riskier_than(pages, page)
        compared = {one.name: one for one in (riskier, riskier and safer_of(pages, riskier)) if one}
    options, recommended = [], None
    for one in compared.values():
        if option := one.runbook.option:
            asked = Asked(page=one, pages=pages, past=past, now=now, commit=commit)
            reasons = judged(asked)
            options.append(OptionJudged(page=one.name, name=option.name, reasons=reasons))
            recommended = recommended or _recommendation(asked, option, reasons)
    return Advice(options=tuple(options), recommended=recommended)


def _recommendation(asked: Asked, option: Option, found: Sequence[Judged]) -> Recommendation | None:
    """What the evidence recommends by a page that names a safer one, and by what was found of its reasons.

    None for any other page.
    """
    if not option.safer:
        return None
    riskier, safer = asked.page, safer_of(asked.pages, asked.page)
    name = safer.runbook.option.name if safer and safer.runbook.option else option.safer
    (soaked, why), run = soak_of(asked, safer.name if safer else option.safer)
    itself = Recommendation(page=riskier.name, name=option.name, riskier=riskier.name, other=option.name)
    if soaked is Holds.YES and run:
        kept = f"{name}: {why}, this very commit and its migration files"
        return replace(itself, why=kept)
    reasons = [one for one in found if one.holds is not Holds.PEOPLE]
    missing = tuple(one for one in reasons if one.holds is not Holds.YES)
    if reasons and not missing:
        shown = "its only reason with evidence holds" if len(reasons) == 1 else f"its {len(reasons)} reasons hold"
        return replace(itself, why=shown)
    sure = bool(asked.commit) or soaked is not Holds.UNKNOWN
    page_name = safer.name if safer else option.safer
    return replace(itself, page=page_name, name=name, missing=missing, asked=len(reasons), sure=sure)


def safer_of(pages: Mapping[str, Page], page: Page) -> Page | None:
    """The served page that a page names as the safer option."""
    name = page.runbook.option.safer if page.runbook.option else ""
    return pages.get(name) or pages.get(f"{name}.md")


def _riskier_than(pages: Mapping[str, Page], page: Page) -> Page | None:
    """The served page that names this one as the safer option."""
    names = {page.name, page.name.removesuffix(".md")}
    return next((one for one in pages.values() if one.runbook.option and one.runbook.option.safer in names), None)
