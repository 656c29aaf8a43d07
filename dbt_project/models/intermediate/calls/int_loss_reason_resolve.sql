{{ resolve_by_store('loss_reason', ['loss_reason']) }}
