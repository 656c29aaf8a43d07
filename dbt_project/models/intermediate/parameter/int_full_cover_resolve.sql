{{ resolve_by_store('full_cover', ['cover_code']) }}
