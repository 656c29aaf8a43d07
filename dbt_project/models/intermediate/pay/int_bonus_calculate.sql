{{ calculate_bonus(ref('int_bonus_count'), ref('bonus_tier')) }}
