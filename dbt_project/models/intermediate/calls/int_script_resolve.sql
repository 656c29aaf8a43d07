{{ resolve_by_store('script', ['situation', 'step', 'segment', 'objection']) }}
