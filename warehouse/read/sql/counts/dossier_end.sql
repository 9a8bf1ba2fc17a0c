-- Single dossiers on the last day of a period, before its end; and those that span the period and whose second instant
-- is on that day. A period that ends at midnight has no part of that day, and no row here.
-- let side: to_end
-- let until: {end:DateTime64(3, 'UTC')}
-- let on_edge_day: day = {last_day:Date} AND day = {last_moment:Date}
-- let spans_from_here: second_on = day AND greatest(closed_at, passes_at) >= {end:DateTime64(3, 'UTC')}
{include:dossiers_on_edge_day}
