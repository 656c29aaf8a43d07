{{ resolve_by_store('gift_content', ['package', 'position']) }}
