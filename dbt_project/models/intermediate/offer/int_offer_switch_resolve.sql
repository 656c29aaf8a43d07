{{ resolve_by_store('offer_switch', ['switch']) }}
