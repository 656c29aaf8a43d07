{{ resolve_by_store('cascade_step', ['step']) }}
