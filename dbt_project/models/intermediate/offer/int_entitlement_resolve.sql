{{ resolve_by_store('entitlement', ['entitlement']) }}
