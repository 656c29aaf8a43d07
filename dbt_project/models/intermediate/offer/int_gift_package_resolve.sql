{{ resolve_by_store('gift_package', ['package']) }}
