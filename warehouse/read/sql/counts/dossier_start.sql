-- Single dossiers on the first day of a period, before its start; and those that span the period, the first of their
-- instants on that day and the second behind its last day.
-- let side: to_start
-- let until: {start:DateTime64(3, 'UTC')}
-- let on_edge_day: day = {first_day:Date}
-- let spans_from_here: first_on = day AND second_on > {last_moment:Date}
{include:dossiers_on_edge_day}
