{{ calculate_bonus(ref('int_bonus_next_count'), ref('bonus_tier'), also=['next_vehicle']) }}
