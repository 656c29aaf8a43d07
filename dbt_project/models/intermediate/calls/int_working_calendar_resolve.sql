{{ resolve_by_store('working_calendar', ['weekday']) }}
