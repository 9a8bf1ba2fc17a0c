"""The rule of lateness, which lists, indicators and the recount all follow. Pure.

The store keeps the same rule in ``warehouse/``: ``migrations/0008_appointments.sql`` (marks),
``models/daily/dossier_days.sql`` and ``read/sql/lists/dossiers.sql``; ``hailong verify`` compares the two.
"""

from __future__ import annotations

from datetime import datetime

RULE_VI = (
    "Hồ sơ quá hạn là hồ sơ có ngày hẹn trả và: bị yêu cầu bổ sung quá một lần (quá hạn ngay từ lần thứ hai, dù đã tới"
    " ngày hẹn hay chưa), hoặc kết thúc sau hạn, hoặc đang xử lý khi đã qua hạn mà không chờ người nộp từ trước hạn."
    " Hồ sơ đã rút được tính là đúng hạn. Hồ sơ không có ngày hẹn không tính là đúng hạn, cũng không tính là quá hạn."
    " Danh sách hồ sơ quá hạn, Q766_2_1, Q766_5_4, TIM_OVERDUE_RATE và LTH_ONTIME theo cùng quy tắc này; các chỉ số của"
    " Nghị định 61 chỉ so ngày."
)
RULE_EN = (
    "A dossier is late when it has an appointment and was asked for papers more than once (from the second request on,"
    " whatever the appointment), or ended after its appointment, or is open past it without having waited for the"
    " applicant since before. A withdrawn one is on time. A dossier without an appointment is neither on time nor late."
    " The list of overdue dossiers, Q766_2_1, Q766_5_4, TIM_OVERDUE_RATE and LTH_ONTIME follow this one rule; the"
    " indices of Decree 61 compare days alone."
)


def is_late(
    at: datetime,
    *,
    ended_at: datetime | None,
    ending: str,
    late_after: datetime | None,
    paused_since: datetime | None,
    supplements: int,
) -> bool:
    """Whether a dossier is late at an instant.

    ``ended_at`` is its end if that came before ``at``, else None. ``late_after`` is the last instant in time; None
    without an appointment. ``paused_since`` is the start of a running pause, ``supplements`` the number of requests for
    papers.
    """
    if late_after is None or (ended_at and ending == "withdrawn"):
        return False
    if supplements > 1:
        return True
    if ended_at:
        return ended_at > late_after
    # A dossier that waits for papers or a fee is late only if they were requested after the appointment.
    is_waiting = paused_since is not None and paused_since <= late_after
    return at > late_after and not is_waiting
