"""The claims of a demo as one line that opens to a table, and numbers as a student reads them."""

import math

import streamlit as st

from study.demo import Claim, Demo, Evidence, Measured
from study.look import number, power
from study.markdown import symbols
from study.shell.session import key_of
from study.words import DemoWords, Words, app_words

LARGE = 3  # results in large type, of the whole demo and of each step; the others stand with the claims
LEAST = 0.01  # per cent: what is less is told as less
NOTHING = 1e-9  # a result below this is told as 0: it is what rounding left
PER_CENT = {"share": 100, "percent": 1}  # the units told in per cent, and by what their values are multiplied


def large_results(evidence: Evidence) -> tuple[Measured, ...]:
    """The first results of the whole demo, then those of each step that has some of its own."""
    of = dict.fromkeys(["", *(step.name for step in evidence.steps)])
    return tuple(result for step in of for result in [m for m in evidence.measured if m.step == step][:LARGE])


def result_text(result: Measured, words: DemoWords) -> str:
    """A result with three digits, or its own decimals, and its unit; a share in per cent, no space before the sign."""
    app, value, grouping = app_words(words.lang), result.value, "," if words.lang == "en" else ""
    if result.decimals is not None:
        return f"{value + 0:{grouping}.{result.decimals}f}".replace("-", "−")
    if result.unit in PER_CENT:
        return f"{_percent(PER_CENT[result.unit] * value)}%"
    digits = _digits(value, grouping)
    return f"{digits} {app(f'units.{result.unit}')}" if result.unit else digits


def _percent(value: float) -> str:
    return f"< {LEAST}" if NOTHING <= abs(value) < LEAST else _digits(value)


def _digits(value: float, grouping: str = "") -> str:
    """grouping: "," where thousands are told apart."""
    if abs(value) < NOTHING:
        return "0"
    if value == round(value) and abs(value) < 1e6:
        return f"{value:{grouping}.0f}".replace("-", "−")
    return number(float(f"{value:.3g}"))


def checks(evidence: Evidence, demo: Demo, words: DemoWords) -> None:
    """One line, "5 checks hold", that opens to the claims and the rest of what was measured. Open where one fails."""
    app, claims, large = app_words(words.lang), evidence.claims, large_results(evidence)
    rest = tuple(result for result in evidence.measured if result not in large)
    failing = sum(not claim.holds for claim in claims)
    if not claims and not rest:
        return
    if failing:
        label = f":red[✗ {app('checks_fail', count=failing, all=len(claims))}]"
    elif claims:
        label = f":green[✓ {app('checks_hold', count=len(claims))}]"
    else:
        label = app("more_results")
    key = f"{key_of(demo)}._checks"
    with st.container(key=f"small_{demo.name}"):
        details = st.expander(label, expanded=bool(failing), key=key, on_change="rerun")
        if details.open:
            with details:
                st.markdown(symbols(_table(claims, rest, words, app)))


def _table(claims: tuple[Claim, ...], rest: tuple[Measured, ...], words: DemoWords, app: Words) -> str:
    lines = []
    for claim in claims:
        tick = f":green[✓ {app('holds')}]" if claim.holds else f":red[✗ {app('fails')}]"
        lines.append(f"- {tick} {words(f'claims.{claim.name}')} :gray[{_compared(claim, app)}]")
    for result in rest:
        value = result_text(result, words)
        lines.append("- ◦ " + app("measured_line", name=words(f"measured.{result.name}"), value=value))
    return "\n".join(lines)


def _compared(claim: Claim, app: Words) -> str:
    """The numbers of a claim: a difference that should be 0 is told by its order of size."""
    if claim.expected == 0 and claim.tolerance and claim.op == "≈":
        size = abs(claim.measured)
        bound = 10.0 ** math.ceil(math.log10(size)) if size else 0
        return app("claim_gap", gap=f"< {_power(bound)}" if size else "0", slack=_power(claim.tolerance))
    slack = f" ± {number(claim.tolerance)}" if claim.tolerance and claim.op == "≈" else ""
    return app(
        "claim_numbers", measured=number(claim.measured), op=claim.op, expected=number(claim.expected), slack=slack
    )


def _power(value: float) -> str:
    """1e-09 as 10⁻⁹; what is no power of ten as it is."""
    exponent = math.log10(value)
    if abs(exponent - round(exponent)) > 1e-6 or -3 < exponent < 4:
        return number(value)
    return power(round(exponent))
