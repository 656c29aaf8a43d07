{{ resolve_by_store('cover_level', ['cover_level']) }}
