{{ resolve_by_store('script', ['situation']) }}
