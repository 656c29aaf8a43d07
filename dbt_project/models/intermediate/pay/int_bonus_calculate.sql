{{ calculate_bonus(ref('int_bonus_count'), ref('statement_plan')) }}
