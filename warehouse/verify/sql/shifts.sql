-- Everybody's time on duty.
SELECT body FROM events FINAL WHERE type = 'staff.shift'
