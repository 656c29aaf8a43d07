{{ resolve_by_store('landing_horizon', ['days_in']) }}
