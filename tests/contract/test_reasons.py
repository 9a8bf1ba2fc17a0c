"""The closed list of reasons."""

from __future__ import annotations

from contract.ratings.reasons import MOST_ON_TABLET, Factor, reasons, severe_reasons


def test_every_reason_has_a_name_in_vietnamese_and_english() -> None:
    assert [code for code, reason in reasons().items() if not {"vi", "en"} <= reason.names.keys()] == []


def test_every_factor_of_the_survey_has_a_reason() -> None:
    assert {reason.factor for reason in reasons().values()} == set(Factor)


def test_a_tablet_offers_six_reasons_and_every_severe_one() -> None:
    offered = [code for code, reason in reasons().items() if reason.on_tablet]
    assert len(offered) == MOST_ON_TABLET
    assert set(severe_reasons()) == {"asked_for_money", "turned_away", "insulted"}
    assert set(severe_reasons()) <= set(offered)
