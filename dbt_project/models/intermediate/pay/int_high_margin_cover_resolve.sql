{{ resolve_by_store('high_margin_cover', ['cover_code']) }}
