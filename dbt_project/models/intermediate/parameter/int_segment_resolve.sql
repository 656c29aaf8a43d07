{{ resolve_by_store('segment', ['segment']) }}
