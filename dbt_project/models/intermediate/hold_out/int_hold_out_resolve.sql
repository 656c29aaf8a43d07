{{ resolve_by_store('hold_out', ['segment', 'kind']) }}
