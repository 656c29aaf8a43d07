{{ resolve_by_store('hotline_response_band', ['band']) }}
