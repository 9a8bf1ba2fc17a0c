"""Steps of a dossier (hồ sơ): one event each, with the dossier's code as ``subject``.

Fields follow the national portal's synchronisation fields (MaHoSo, NgayTiepNhan, NgayHenTra, KenhThucHien …).
The instant of the step is the event's ``time``.
"""

from __future__ import annotations

from typing import Literal

from contract.events.fields import Amount, Code, Count, Data, Text, UtcTime

Channel = Literal["direct", "online", "post"]
"""KenhThucHien: 1 trực tiếp, 2 trực tuyến, 3 bưu chính công ích."""


class Submitted(Data):
    """Mới đăng ký: handed in, not yet accepted."""

    procedure: Code
    channel: Channel
    applicant_type: Code | None = None
    via_vneid: bool | None = None
    territory_unit: Code | None = None


class Accepted(Data):
    """Được tiếp nhận. ``due_at`` is NgayHenTra; without it, term and calendar give the due date."""

    procedure: Code | None = None
    channel: Channel | None = None
    accept_due: UtcTime | None = None
    due_at: UtcTime | None = None
    staff: Code | None = None
    counter: Code | None = None


class Refused(Data):
    """Không được tiếp nhận."""

    reason: Text | None = None
    staff: Code | None = None


class Step(Data):
    """One agency's part of the work (phiếu kiểm soát quá trình)."""

    step: Code
    agency: Code | None = None
    department: Code | None = None
    staff: Code | None = None
    started_at: UtcTime | None = None
    step_due: UtcTime | None = None
    finished_at: UtcTime | None = None
    electronic: bool | None = None
    coordinating: bool | None = None


class SupplementRequested(Data):
    """Yêu cầu bổ sung: the clock stops until the papers come; a second request makes the dossier late."""

    n: Count | None = None
    by_fault: Literal["agency", "applicant"] | None = None
    deadline: UtcTime | None = None
    staff: Code | None = None


class SupplementCompleted(Data):
    """The papers came; ``due_at`` when the system sets a new appointment."""

    n: Count | None = None
    due_at: UtcTime | None = None


class FinanceRequested(Data):
    """Yêu cầu thực hiện nghĩa vụ tài chính: the clock stops until payment. ``amount_vnd`` in đồng."""

    amount_vnd: Amount | None = None


class Paid(Data):
    """payment.paid, of a dossier. ``amount_vnd`` in đồng."""

    amount_vnd: Amount | None = None
    online: bool
    gateway: Code | None = None


class Suspended(Data):
    """Tạm dừng: the clock stops."""

    reason: Text | None = None


class Resumed(Data):
    """The clock runs again; ``due_at`` when the system sets a new appointment."""

    due_at: UtcTime | None = None


class Stopped(Data):
    """Dừng xử lý: closed without a result."""

    reason: Text | None = None


class Withdrawn(Data):
    """Công dân rút hồ sơ."""

    reason: Text | None = None


class ApologySent(Data):
    """Văn bản xin lỗi, with the new appointment it offers."""

    reason: Text | None = None
    new_due: UtcTime | None = None


class Rescheduled(Data):
    """Hẹn lại ngày trả."""

    new_due: UtcTime
    reason: Text | None = None
    n: Count | None = None


class Completed(Data):
    """Đã xử lý xong."""

    outcome: Literal["granted", "refused", "other"] | None = None
    staff: Code | None = None


class ResultIssued(Data):
    """The result document was issued."""

    electronic: bool
    signed: bool
    archived: bool | None = None


class Returned(Data):
    """Đã trả kết quả."""

    channel: Channel | None = None
    counter: Code | None = None


class Synced(Data):
    """The dossier's status reached the national portal."""

    status: Code
    status_at: UtcTime | None = None


class Component(Data):
    """A paper of the dossier was digitised, reused or fetched from ``source``.

    ``population`` is the national population database; any other source is a data store.
    """

    component: Code | None = None
    source: Code | None = None


DOSSIER_EVENTS: dict[str, type[Data]] = {
    "dossier.submitted": Submitted,
    "dossier.accepted": Accepted,
    "dossier.refused": Refused,
    "dossier.step": Step,
    "dossier.supplement_requested": SupplementRequested,
    "dossier.supplement_completed": SupplementCompleted,
    "dossier.finance_requested": FinanceRequested,
    "payment.paid": Paid,
    "dossier.suspended": Suspended,
    "dossier.resumed": Resumed,
    "dossier.stopped": Stopped,
    "dossier.withdrawn": Withdrawn,
    "dossier.apology_sent": ApologySent,
    "dossier.rescheduled": Rescheduled,
    "dossier.completed": Completed,
    "dossier.result_issued": ResultIssued,
    "dossier.returned": Returned,
    "dossier.synced": Synced,
    "component.digitised": Component,
    "component.reused": Component,
    "component.fetched": Component,
}
