{{ calculate_bonus(ref('int_bonus_closed_count'), ref('bonus_tier')) }}
