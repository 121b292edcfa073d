"""Reads a contract and finds every fault in it at once, each with its line, why it matters and what to write instead.

Shares of bands, keys and caps are checked in `terms.share_checks`; what a contract may say is in `alliance`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from capmodel.algebra.rows import Rows
from capmodel.assumptions.dimensions import no_member
from capmodel.assumptions.document import Document, Step
from capmodel.assumptions.pack import Entry
from capmodel.contracts.alliance import MONTHS, OTHERS, PROVIDERS, SIDES, Contract, Route
from capmodel.contracts.mechanisms import expand
from capmodel.contracts.terms.outcome_checks import check_outcomes
from capmodel.contracts.terms.share_checks import ContractCheck, check_bands, check_caps, check_distribution
from capmodel.errors import Problem, nearly

#: A year-by-year figure: where it stands, what kind of number it is, and the figures.
Yearly = tuple[list[Step], str, Mapping[int, Any]]


def read_contract(
    document: Document, parties: Sequence[Entry], settings: Sequence[str], years: tuple[int, ...], routes: Rows, problems: list[Problem], in_scope: Collection[str] | None = None
) -> Contract | None:  # fmt: skip
    """Read and check a contract; every fault is reported with its line, and a faulty contract gives None.

    Args:
        document: contract.yaml.
        parties: the parties of the place.
        settings: the settings of the place.
        years: the model years.
        routes: the setting, provider and payer of every line of a Year of Care budget.
        problems: faults are added here.
        in_scope: the settings in scope, where not all are; a mechanism must name who provides or pays for them.
    """
    if document.content is None:
        return None
    before = len(problems)
    lines = [line for line in _lines_of(routes) if in_scope is None or line[0] in in_scope]
    document = expand(document, [entry.id for entry in parties], years, problems, lines)
    if len(problems) > before:
        # Terms that no mechanism has written out are no contract yet.
        return None
    _explain_missing(document, problems)
    explained, further = {problem.where for problem in problems[before:]}, list[Problem]()
    contract = document.parse(Contract, (), further)
    checked = contract or _as_far_as_sound(document, {name for problem in further for name in _clauses_of(document, problem)})
    if checked is not None:
        own: list[Problem] = []
        _check_terms(ContractCheck(document, checked, tuple(entry.id for entry in parties), own), settings, years, routes)
        # What is said where a clause cannot be read would follow from that.
        unread = {problem.where for problem in further}
        further += [problem for problem in own if problem.where not in unread]
    # Whatever is said of a line that has been explained would say it twice.
    problems += [problem for problem in further if problem.where not in explained]
    return None if len(problems) > before else contract


def _clauses_of(document: Document, problem: Problem) -> set[str]:
    """The clauses that stand where a problem is; a clause that is missing is named in the problem."""
    names = {str(place[0]) for place in document.lines if place and document.where(place) == problem.where}
    return names | {name for name in Contract.model_fields if problem.what.startswith(f"{name!r} is missing")}


def _as_far_as_sound(document: Document, faulty: Collection[str]) -> Contract | None:
    """The contract with neutral clauses in the place of those that cannot be read, so that the others are checked in the same report."""
    content = dict(document.content) if isinstance(document.content, dict) else {}
    stated = content.get("parties")
    given = stated if isinstance(stated, dict) else {}
    nobody = next((str(name) for name, each in given.items() if each == {"at_risk": False}), next(map(str, given), ""))
    band = {"from": 0, "to": None, "shares": {nobody: 1}}
    neutral = {"residual_party": nobody, "outcomes": {"mode": "none"}, "bands": {"gain": [band], "loss": [band]}, "variance_held_by": "payer", "status": "illustrative", "id": "", "title": "", "source": ""}  # fmt: skip
    kept = {name: each for name, each in content.items() if name not in faulty}
    try:
        return Contract.model_validate({**{name: each for name, each in neutral.items() if name in faulty}, **kept})
    except ValidationError:
        return None


def _check_terms(check: ContractCheck, settings: Sequence[str], years: tuple[int, ...], routes: Rows) -> None:
    _check_parties(check)
    _check_years(check, years)
    _check_sizes(check)
    _check_threshold(check)
    check_outcomes(check, years)
    _check_steps(check)
    _check_withhold(check)
    for side in SIDES:
        check_bands(check, side)
    check_distribution(check)
    check_caps(check)
    _check_routes(check, settings, routes)


def _explain_missing(document: Document, problems: list[Problem]) -> None:
    """Faults that a negotiator makes, in a negotiator's words, before the schema speaks of fields."""
    content = document.content if isinstance(document.content, dict) else {}

    def report(steps: list[Step], what: str, why: str, remedy: str) -> None:
        problems.append(document.problem(steps, what, why, remedy))

    threshold = content.get("threshold")
    if isinstance(threshold, dict) and "mode" not in threshold:
        remedy = "Write mode: none, first_pound or excess_only"
        report(["threshold"], "the threshold has no mode", "the same percentage pays very differently once it is passed", remedy)
    outcomes = content.get("outcomes")
    if isinstance(outcomes, dict) and outcomes.get("mode") in ("gate", "multiplier", "ladder"):
        scored = outcomes.get("score_share") or outcomes.get("indicators")
        if outcomes["mode"] != "ladder" and "gate_share" not in outcomes:
            report(["outcomes"], "the outcome gate has no gate_share", "there is nothing to pass", "Write gate_share: 0.70, say")
        if not scored:
            remedy = "Write score_share: with one score a year, or indicators:"
            report(["outcomes"], "the outcome gate has no score", "a missing score never passes a gate", remedy)
        if not outcomes.get("forfeited_to"):
            remedy = "Write forfeited_to: and a party"
            report(["outcomes"], "money forfeited at the gate has no destination", "it must go to a named party", remedy)
    if isinstance(outcomes, dict) and outcomes.get("losses") and not (outcomes.get("score_share") or outcomes.get("indicators")):
        why = "a missing score would be taken for a good or a bad one"
        report(["outcomes", "losses"], "the part of losses that is borne has no score", why, "Write score_share: or indicators:")
    for i, cap in enumerate(content["caps"] if isinstance(content.get("caps"), list) else []):
        if not isinstance(cap, dict):
            continue
        whose = f"the cap of {cap.get('party', 'a party')}"
        if "residual_to" not in cap:
            remedy = "Write residual_to: and a party, or others"
            report(["caps", i], f"{whose} has no residual rule", "what the cap leaves must go somewhere", remedy)
        if not {"amount_gbp", "share_of_target", "share_of_income"} & set(cap):
            remedy = "Write amount_gbp:, share_of_target: or share_of_income:"
            report(["caps", i], f"{whose} has no base", "a cap is a sum of money", remedy)
    for place, given in _suppressed(content, []):
        remedy = "Ask for the figure, or write late: true for an indicator, so that it does not count"
        report(place, f"{place[-1]} is {given!r}", "a suppressed figure is not guessed", remedy)


def _suppressed(content: object, place: list[Step]) -> Iterator[tuple[list[Step], object]]:
    """Cells that a publication suppressed, written as they were printed."""
    if isinstance(content, dict):
        for name, value in content.items():
            yield from _suppressed(value, [*place, name])
    elif isinstance(content, list):
        for i, value in enumerate(content):
            yield from _suppressed(value, [*place, i])
    elif isinstance(content, str) and content.strip() == "*":
        yield place, content


def _check_parties(check: ContractCheck) -> None:
    contract = check.contract
    check.party(["residual_party"], contract.residual_party)
    check.party(["outcomes", "forfeited_to"], contract.outcomes.forfeited_to)
    for name in contract.parties:
        check.party(["parties", name], name)
        if name == OTHERS or (name == PROVIDERS and _shares_by_key(contract)):
            check.report(["parties", name], f"a party is called {name!r}", "the word has a meaning of its own in a contract", "Rename it")
    for name in check.known:
        if name not in contract.parties and not nearly(name, set(contract.parties) - set(check.known)):
            remedy = f"Add {name}: {{at_risk: false}}"
            check.report(["parties"], f"{name} is not mentioned", "it must be said whether a party is at risk", remedy)
    for name in filter(None, (contract.residual_party, contract.outcomes.forfeited_to)):
        if name in contract.parties and contract.parties[name].at_risk:
            why = "a gate or phase would then have no destination"
            check.report(["parties", name], f"{name} is at risk and also takes what is left over", why, "Write at_risk: false")
    for block in ("on_account_gbp", "relief"):
        given = contract.on_account_gbp if block == "on_account_gbp" else contract.relief.gbp
        for name in given:
            check.party([block, name] if block == "on_account_gbp" else [block, "gbp", name], name)
    for name in contract.relief.gbp:
        if name in contract.parties and not contract.parties[name].at_risk:
            why = "relief lowers the losses of parties at risk"
            check.report(["relief", "gbp", name], f"{name} is given relief and is not at risk", why, "Write at_risk: true, or take it out")


def _shares_by_key(contract: Contract) -> bool:
    """True where a band gives a share to providers."""
    return any(band.shares.get(PROVIDERS) for side in SIDES for band in contract.bands_of(side))


def _check_years(check: ContractCheck, years: tuple[int, ...]) -> None:
    for steps, _, given in _by_year(check.contract):
        missing = [str(year) for year in years if year not in given]
        if missing:
            what = f"there is no figure for {', '.join(missing)}"
            check.report(steps, what, "each model year needs one; gaps are not filled", "Add it")
        strange = [str(year) for year in given if year not in years]
        if strange:
            what = f"there is a figure for {', '.join(strange)}"
            check.report(steps, what, "it is no year of the model and would be left out silently", "Remove it, or correct the year")
    for year in years:
        paid = sum(given.get(year, 0) for given in check.contract.on_account_gbp.values())
        if abs(paid) >= 0.005:
            why = "what some paid on account others received"
            check.report(
                ["on_account_gbp"], f"payments on account of {year} add up to {paid:,.2f}", why, "Write what was paid with a minus"
            )


def _by_year(contract: Contract) -> Iterator[Yearly]:
    """Every year-by-year figure of a contract."""
    for block in ("target", "actual", "exclusions", "threshold", "phase", "outcomes", "relief"):
        part = getattr(contract, block)
        for name in type(part).model_fields if part is not None else ():
            given = getattr(part, name)
            if isinstance(given, dict) and given and all(isinstance(year, int) for year in given):
                yield [block, name], name, given
    for block, amounts in (("scope_changes", contract.scope_changes),):
        for i, amount in enumerate(amounts):
            yield [block, i, "gbp"], "gbp", amount.gbp
    for name in ("disallowed", "fees"):
        for i, amount in enumerate(getattr(contract.actual, name)):
            yield ["actual", name, i, "gbp"], "gbp", amount.gbp
    for i, excess in enumerate(contract.stop_loss.lines if contract.stop_loss else []):
        yield ["stop_loss", "lines", i, "target_gbp"], "gbp", excess.target_gbp
        yield ["stop_loss", "lines", i, "actual_gbp"], "gbp", excess.actual_gbp
    for party, given in contract.relief.gbp.items():
        yield ["relief", "gbp", party], "relief", given
    for party, given in contract.on_account_gbp.items():
        yield ["on_account_gbp", party], "gbp", given
    for i, indicator in enumerate(contract.outcomes.indicators):
        yield ["outcomes", "indicators", i, "results"], "results", indicator.results


def _check_sizes(check: ContractCheck) -> None:
    contract = check.contract
    for steps, name, given in _by_year(contract):
        for year, value in given.items():
            if name.endswith("_share"):
                check.part([*steps, year], str(name), value)
            elif name.endswith("_index") and isinstance(value, float) and value <= 0:
                check.report(
                    [*steps, year], f"{name} is {value:g}", "an index multiplies; zero would wipe out the target", "Write 1 for no change"
                )
            elif name in ("relief", "persons") and isinstance(value, float) and value < 0:
                check.report([*steps, year], f"{name} is {value:g}", "it is a size", "Write it without a minus")
            elif name == "months" and isinstance(value, float) and not 0 <= value <= MONTHS:
                check.report([*steps, year], f"months is {value:g}", "a year has 12", "Write 0 to 12")
    shares: list[tuple[list[Step], float]] = [(["deduction_share"], contract.deduction_share), (["outcomes", "gate_share"], contract.outcomes.gate_share)]  # fmt: skip
    if contract.threshold:
        shares += [(["threshold", name], getattr(contract.threshold, name)) for name in ("gain_share", "loss_share", "below_share")]
    if contract.withhold:
        shares.append((["withhold", "share"], contract.withhold.share))
    if contract.outcomes.losses:
        shares += [(["outcomes", "losses", name], value) for name, value in contract.outcomes.losses.model_dump().items()]
    for steps, value in shares:
        check.part(steps, str(steps[-1]), value)


def _check_threshold(check: ContractCheck) -> None:
    threshold = check.contract.threshold
    if threshold is None:
        return
    here: list[Step] = ["threshold"]
    for name in ("gain_gbp", "loss_gbp"):
        if getattr(threshold, name) < 0:
            check.report(
                [*here, name],
                f"{name} is {getattr(threshold, name):g}",
                "a threshold is a size, on either side",
                "Write it without a minus",
            )
    if threshold.mode == "excess_only" and threshold.below_share:
        why = "below the threshold there is no excess to pay a part of"
        check.report([*here, "below_share"], "a part is paid below a threshold that shares the excess only", why, "Write mode: first_pound")
    if threshold.below_share and check.contract.steps is not None and "consolation" not in check.contract.steps:
        check.report(["steps"], "the steps leave out consolation", "threshold.below_share would have no effect", "Add consolation")
    for name in ("gain_share", "loss_share", "gain_gbp", "loss_gbp", "below_share"):
        if threshold.mode == "none" and getattr(threshold, name):
            remedy = "Write mode: first_pound or excess_only, or leave it out"
            check.report(
                [*here, name], f"there is a {name}, and the mode is none", "no threshold holds, and it would have no effect", remedy
            )
    ranges = threshold.by_persons
    if threshold.persons and not ranges:
        why = "no threshold is read by number of people, and they would have no effect"
        check.report([*here, "persons"], "there are persons, and no table by_persons", why, "Write by_persons:, or leave them out")
    if ranges and (threshold.gain_share or threshold.loss_share or threshold.gain_gbp or threshold.loss_gbp):
        why = "they would be added to the table"
        check.report(here, "the threshold has a table and a share or amount", why, "Keep one")
    if ranges and threshold.mode == "none":
        why = "no threshold holds, and the table would set one"
        check.report(
            [*here, "by_persons"], "there is a table of thresholds, and the mode is none", why, "Write mode: first_pound, or leave it out"
        )
    if ranges and not threshold.persons:
        check.report([*here, "by_persons"], "the table has nothing to be read by", "it goes by number of people", "Write persons: by year")
    for i, each in enumerate(ranges):
        steps: list[Step] = [*here, "by_persons", i]
        last = i == len(ranges) - 1
        if (each.end is None) != last:
            what = f"range {i + 1} {'is open-ended' if each.end is None else 'ends the table'}"
            check.report([*steps, "to"], what, "the last range, and no other, has no end", "Write to: null in the last range only")
        if each.end is not None and each.end <= each.start:
            check.report(
                [*steps, "to"], f"range {i + 1} ends at {each.end:g}, not above {each.start:g}", "a range needs room", "Correct its edges"
            )
        if not last and each.end is not None and ranges[i + 1].start != each.end + 1:
            what = f"range {i + 2} starts at {ranges[i + 1].start:g}"
            check.report(
                [*here, "by_persons", i + 1, "from"], what, f"the range before ends at {each.end:g}", f"Write from: {each.end + 1:g}"
            )
        if not last and each.at_end is None:
            check.report(steps, f"range {i + 1} has no at_end", "the threshold is read in a straight line to it", "Write at_end:")
        for name in ("at_start", "at_end"):
            if (share := getattr(each, name)) is not None:
                check.part([*steps, name], name, share)
    for year, people in (threshold.persons or {}).items():
        if ranges and people < ranges[0].start:
            what = f"there are {people:g} people in {year}, fewer than the table knows"
            check.report(
                [*here, "persons", year], what, "no threshold is guessed", f"Add a range from {people:g}, or leave the year out of sharing"
            )


def _check_steps(check: ContractCheck) -> None:
    steps = check.contract.steps
    if steps is None:
        return
    twice = {step for step in steps if steps.count(step) > 1}
    if twice or not steps:
        what = f"{', '.join(sorted(twice))} is there twice" if twice else "the steps are empty"
        check.report(["steps"], what, "each step is taken once", "List each step once")
    contract = check.contract
    used = {
        "phase": contract.phase is not None,
        "outcomes": contract.outcomes.mode != "none" or contract.outcomes.losses is not None,
        "deduction": contract.deduction_share > 0,
        "withhold": contract.withhold is not None,
        "caps": bool(contract.caps),
        "relief": bool(contract.relief.share or contract.relief.gbp),
    }
    for step, is_used in used.items():
        if is_used and step not in steps:
            check.report(["steps"], f"the steps leave out {step}", "the contract has terms for it that would have no effect", f"Add {step}")
    for before in ("outcomes", "caps"):
        if "withhold" in steps and before in steps and steps.index("withhold") < steps.index(before):
            why = "what is held back would pass it, and be released a year later all the same"
            check.report(["steps"], f"withhold comes before {before}", why, f"Put withhold after {before}")


def _check_withhold(check: ContractCheck) -> None:
    withhold = check.contract.withhold
    if withhold is not None and withhold.released == "next_year_if_passed" and check.contract.outcomes.mode == "none":
        why = "what is held back would depend on a gate that nothing passes"
        check.report(
            ["withhold", "released"], "the contract has no outcome gate", why, "Write released: next_year, or outcomes with a gate"
        )


def _lines_of(routes: Rows) -> list[tuple[str, str, str]]:
    return list(zip(routes.columns["setting"], routes.columns["provider"], routes.columns["payer"], strict=True))


def _check_routes(check: ContractCheck, settings: Sequence[str], routes: Rows) -> None:
    known = set(_lines_of(routes))
    contract = check.contract
    lists: dict[tuple[str, ...], Sequence[Route]] = {
        ("scope_changes",): contract.scope_changes,
        ("actual", "disallowed"): contract.actual.disallowed,
        ("actual", "fees"): contract.actual.fees,
        ("stop_loss", "lines"): contract.stop_loss.lines if contract.stop_loss else [],
    }
    for place, given in lists.items():
        seen = set()
        for i, each in enumerate(given):
            steps: list[Step] = [*place, i]
            if each.setting not in settings:
                check.problems.append(no_member("setting", each.setting, settings, check.document.where([*steps, "setting"])))
            elif each.key not in known:
                what = f"nobody pays {each.provider} through {each.payer} for {each.setting}"
                check.report(steps, what, "the change would have no budget line", "Use a route of provider_share.csv and payer_share.csv")
            if each.key in seen:
                check.report(steps, f"{', '.join(each.key)} is there twice", "one would silently win", "Add them up in one entry")
            seen.add(each.key)
