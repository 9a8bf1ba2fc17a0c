"""Units that miss a target for days on end, after the warnings of the catalogue."""

from __future__ import annotations

from datetime import timedelta

from contract.events.reference import UnitLevel
from contract.indicators.catalogue import catalogue
from contract.indicators.indicator import Indicator, evaluate
from contract.indicators.measures import Counts
from contract.indicators.streaks import OfDay, row_of_misses
from contract.time import VIETNAM, midnight
from dashboards.answers.streaks import Warned, Warnings
from dashboards.api.context import ContextDep
from dashboards.api.file_formats import with_files
from dashboards.api.filters import FIRST_DAY, To, Unit
from warehouse.read import counts as store_counts
from warehouse.read.periods import Period


@with_files("warnings")
def get_warnings(context: ContextDep, unit: Unit, level: UnitLevel = "service_point", to: To = None) -> Warnings:
    """Each unit of a level below ``unit`` that a warning is about, by the days over by ``to``; the longest row first.

    ``days`` are how many of the latest days in a row missed ``target``, ``n`` their cases, ``value`` the last of them.
    """
    tree = context.tree_with(unit)
    period = context.period(FIRST_DAY.isoformat(), to)
    # The days looked at begin as many days before `to` as the longest warning looks back.
    after = midnight(period.end.astimezone(VIETNAM).date())
    rules = catalogue().warnings
    members = tree.members(unit, level)
    longest = max((warning.looks_back_days for warning in rules), default=0)
    days = [Period(after - timedelta(days=n), after - timedelta(days=n - 1)) for n in range(longest, 0, -1)]
    known = catalogue().indicators
    wanted = {measure for warning in rules for name in warning.indicators for measure in known[name].measures()}
    counts_of_days = [store_counts.counts(context.client, members, day, wanted) for day in days] if members else []
    warned: list[Warned] = []
    for warning in rules:
        for indicator in (known[name] for name in warning.indicators):
            for code in sorted(set(members.values())):
                target = tree.target(indicator, code, days[-1].start.date())
                latest_days = [
                    _evaluate_day(indicator, counts[code]) for counts in counts_of_days[-warning.looks_back_days :]
                ]
                missed, cases = row_of_misses(latest_days, target) if target else (0, 0)
                if target and missed >= warning.days and cases >= warning.min_n:
                    warned.append(
                        {
                            "id": warning.id,
                            "name_vi": warning.name_vi,
                            "name_en": warning.name_en,
                            "indicator": indicator.id,
                            "indicator_name_vi": indicator.name_vi,
                            "indicator_name_en": indicator.name_en,
                            "unit_of_measure": indicator.unit,
                            "unit": code,
                            "days": missed,
                            "n": cases,
                            "value": next(day.value for day in reversed(latest_days) if day.value is not None),
                            "target": {"op": target.op, "value": target.value, "source": target.source},
                        }
                    )
    warned.sort(key=lambda warning: (-warning["days"], warning["unit"], warning["indicator"]))
    looked_at = Period(after - timedelta(days=longest), after)
    return {
        "unit": unit,
        "level": level,
        **context.period_fields(looked_at),
        "as_of": context.as_of(),
        "warnings": warned,
    }


def _evaluate_day(indicator: Indicator, counts: Counts) -> OfDay:
    figure = evaluate(indicator.model_copy(update={"min_n": 1}), counts)
    return OfDay(figure.value, figure.n)
