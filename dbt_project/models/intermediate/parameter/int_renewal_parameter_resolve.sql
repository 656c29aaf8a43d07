{{ resolve_by_store('renewal_parameter', ['parameter']) }}
