{{ resolve_by_store('campaign', ['campaign']) }}
