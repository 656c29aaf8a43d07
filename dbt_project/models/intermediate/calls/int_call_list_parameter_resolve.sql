{{ resolve_by_store('call_list_parameter', ['parameter']) }}
