{{ resolve_by_store('insurer_agreement', ['insurer_code', 'agreement']) }}
