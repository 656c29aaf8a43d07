{{ calculate_bonus(ref('int_bonus_next_count'), ref('statement_plan'), also=['next_vehicle']) }}
