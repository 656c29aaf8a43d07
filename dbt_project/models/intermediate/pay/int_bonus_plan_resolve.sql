{{ resolve_by_store('bonus_plan', ['plan_kind']) }}
