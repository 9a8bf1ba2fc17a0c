"""What may be told of a dossier besides its steps: papers, fees, results, the portal, work within, a petition."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from tests.support import event


def asides(dice: random.Random, code: str, unit: str, when: datetime, share: float = 0.3) -> list[dict[str, Any]]:
    """Some of them, each with a likelihood of ``share``, in the days after ``when``."""

    def often() -> bool:
        return dice.random() < 0.5

    told: list[tuple[str, dict[str, Any]]] = [
        ("dossier.result_issued", {"electronic": often(), "signed": often(), "archived": often()}),
        ("payment.paid", {"online": often(), "amount_vnd": dice.choice([0, 20_000])}),
        ("payment.paid", {"online": often()}),
        ("dossier.synced", {"status": "4"}),
        ("component.digitised", {"component": "GT1"}),
        ("component.reused", {}),
        ("component.fetched", {"source": dice.choice(["population", "national_store"])}),
        ("dossier.apology_sent", {"reason": "chậm"}),
        ("dossier.step", {"step": "1"}),
        ("dossier.step", {"step": "2", "step_due": (when + timedelta(minutes=dice.randrange(3000))).isoformat()}),
        ("dossier.step", {"step": "3", "step_due": when.isoformat(), "finished_at": when.isoformat()}),
        ("petition.received", {"category": "behaviour", "dossier": code}),
        ("petition.resolved", {"confirmed": often()}),
    ]
    made = []
    for n, (kind, data) in enumerate(told):
        if dice.random() < share:
            subject = f"PAKN-{code}" if kind.startswith("petition.") else code
            body = event(
                kind, subject, (when + timedelta(minutes=dice.randrange(3000))).isoformat(), unit=unit, key=str(n)
            )
            body["data"] |= data
            made.append(body)
    return made
