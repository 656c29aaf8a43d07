{{ resolve_by_store('early_renewal_band', ['band']) }}
