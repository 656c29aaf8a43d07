{{ resolve_by_store('target_parameter', ['parameter']) }}
