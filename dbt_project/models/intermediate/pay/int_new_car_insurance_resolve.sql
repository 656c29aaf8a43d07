{{ resolve_by_store('new_car_insurance', ['measure']) }}
