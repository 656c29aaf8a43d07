{{ resolve_by_store('offer_parameter', ['parameter']) }}
