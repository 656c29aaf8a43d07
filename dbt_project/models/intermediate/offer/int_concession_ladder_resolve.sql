{{ resolve_by_store('concession_ladder', ['step']) }}
