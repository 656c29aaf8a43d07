{{ resolve_by_store('campaign_prize', ['campaign', 'prize']) }}
