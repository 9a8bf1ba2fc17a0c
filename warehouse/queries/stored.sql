SELECT uniqExact(event_id) FROM events WHERE source = {source:String}
