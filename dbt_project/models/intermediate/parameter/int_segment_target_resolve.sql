{{ resolve_by_store('segment_target', ['segment', 'tier']) }}
