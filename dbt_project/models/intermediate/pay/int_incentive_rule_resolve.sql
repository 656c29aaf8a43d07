{{ resolve_by_store('incentive_rule', ['role', 'step', 'segment']) }}
